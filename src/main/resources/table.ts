import type { KubeObject, ListMeta } from '../../shared/api/meta.ts';
import type { KindDefinition } from './definition.ts';

/** meta.k8s.io/v1 Table: what kubectl asks for instead of objects. */
export interface Table {
  kind: 'Table';
  apiVersion: 'meta.k8s.io/v1';
  metadata: ListMeta;
  columnDefinitions: ColumnDefinition[];
  rows: TableRow[];
}

export interface ColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export interface TableRow {
  cells: (string | number | boolean | null)[];
  object?: KubeObject;
}

export interface TableOptions {
  /** Milliseconds; ages are printed against it. */
  now: number;
  /** What comes with each row: `Metadata` (kubectl's default), the whole `Object`, or `None`. */
  includeObject: 'None' | 'Metadata' | 'Object';
  listMeta: ListMeta;
}

/** The objects as a Table: one row each, all columns (kubectl itself leaves out the wide ones). */
export function tableOf(kind: KindDefinition, objects: readonly KubeObject[], options: TableOptions): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.listMeta,
    columnDefinitions: kind.columns.map(({ name, type, format = '', description, priority }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: objects.map((object) => rowOf(kind, object, options)),
  };
}

function rowOf(kind: KindDefinition, object: KubeObject, { now, includeObject }: TableOptions): TableRow {
  const cells = kind.columns.map((column) => column.cell(object, now));
  if (includeObject === 'None') return { cells };
  if (includeObject === 'Object') return { cells, object };
  const partial: KubeObject = {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    ...(object.metadata ? { metadata: object.metadata } : {}),
  };
  return { cells, object: partial };
}
