import { keyOf, type KubeObject } from '../../../shared/api/meta.ts';
import type { Row } from '../../../shared/view/rows.ts';
import type { RowKind } from './row-kinds.ts';

/** A row with what it is found by; made once for each version of its object and never changed. */
export interface Entry {
  readonly key: string;
  readonly row: Row;
  readonly resourceVersion: string | undefined;
  /** Lower case, for searching. */
  readonly text: string;
  readonly facets: Readonly<Record<string, readonly string[]>>;
}

/** What changed between two looks at a kind. */
export interface EntryChange {
  before: Entry | undefined;
  after: Entry | undefined;
}

export function makeEntry(kind: RowKind, object: KubeObject): Entry {
  const row = kind.toRow(object);
  const words = [row.name, row.namespace, row.state.word, ...kind.words(row)];
  return {
    key: keyOf(object),
    row,
    resourceVersion: object.metadata?.resourceVersion,
    text: words.join('\n').toLowerCase(),
    facets: { state: [row.state.kind], namespace: [row.namespace], ...kind.facets(row) },
  };
}
