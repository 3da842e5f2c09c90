import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Column } from '../definition.ts';

/** The columns of another version of a resource: upstream prints all versions through one. */
export function convertedColumns<T extends KubeObject, Stored extends KubeObject>(
  columns: readonly Column<Stored>[],
  convert: (object: T) => Stored,
): Column<T>[] {
  return columns.map((column) => ({
    name: column.name,
    type: column.type,
    ...(column.format === undefined ? {} : { format: column.format }),
    priority: column.priority,
    cell: (object, now) => column.cell(convert(object), now),
    get description() {
      return column.description;
    },
  }));
}
