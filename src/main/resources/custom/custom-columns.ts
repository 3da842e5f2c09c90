import type { PrinterColumn } from '../../../shared/api/custom-resource-definition.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { humanDuration } from '../columns/age.ts';
import { ageColumn, nameColumn } from '../columns/columns.ts';
import type { Column } from '../definition.ts';
import { followJsonPath, parseJsonPath } from './json-path.ts';

type Cell = string | number | boolean | null;

/** Name, then what the definition says; without any columns, the age (apiextensions `tableconvertor.New`). */
export function customColumns(columns: readonly PrinterColumn[]): Column<KubeObject>[] {
  return [nameColumn(), ...(columns.length === 0 ? [ageColumn()] : columns.map(columnOf))];
}

function columnOf({ name, type, format = '', description, priority = 0, jsonPath }: PrinterColumn): Column<KubeObject> {
  const path = parseJsonPath(jsonPath);
  return {
    name,
    type: type as Column<KubeObject>['type'],
    format,
    description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: priority > 0 ? 1 : 0,
    cell(object, now) {
      const values = path ? followJsonPath(path, object) : [];
      if (values.length === 0) return null;
      return type === 'string' ? values.map(shown).join(' ') : cellOf(type, values[0], now);
    },
  };
}

const shown = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value as string | number | boolean);

function cellOf(type: string, value: unknown, now: number): Cell {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date': {
      if (typeof value !== 'string') return null;
      const time = Date.parse(value);
      return Number.isNaN(time) ? '<invalid>' : humanDuration(now - time);
    }
    default:
      return null;
  }
}
