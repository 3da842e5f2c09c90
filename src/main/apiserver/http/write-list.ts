import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ListMeta } from '../../../shared/api/meta.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { tableOf } from '../../resources/table.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import type { StoredValue } from '../../store/storage.ts';
import { asObject } from '../registry/as-object.ts';
import { jsonOf } from '../registry/json-value.ts';
import { listTypeOf } from '../resource-handlers.ts';
import type { IncludeObject, Shape } from './accept.ts';
import type { AnswerBody } from './answer-body.ts';
import { partialMetadataOf, PARTIAL_LIST_TYPE } from './partial-metadata.ts';

/** Objects put into text between two turns of the event loop: some milliseconds of work. */
const CHUNK = 200;

export interface ListToWrite {
  kind: KindDefinition;
  items: readonly StoredValue[];
  metadata: ListMeta;
}

export interface TableView {
  includeObject: IncludeObject;
  /** Milliseconds; ages are printed by the server. */
  now: number;
}

/** Writes a list piece by piece, so that a long one neither blocks the process nor stands in memory as one text. */
export async function writeList(body: AnswerBody, list: ListToWrite, shape: Shape, view: TableView): Promise<void> {
  const { head, encode } = formOf(list, shape, view);
  if (!(await body.write(head))) return;
  for (let start = 0; start < list.items.length; start += CHUNK) {
    const text = encode(list.items.slice(start, start + CHUNK));
    if (!(await body.write(start === 0 ? text : `,${text}`))) return;
    if (start + CHUNK < list.items.length) await nextTurn();
  }
  await body.end(']}\n');
}

/** The text before the first item, and how a run of items becomes text. The text after the last is the same for all. */
function formOf(
  list: ListToWrite,
  shape: Shape,
  view: TableView,
): { head: string; encode: (items: readonly StoredValue[]) => string } {
  switch (shape) {
    case 'object':
      return {
        head: opened({ ...listTypeOf(list.kind), metadata: list.metadata }, 'items'),
        encode: (items) => items.map(jsonOf).join(','),
      };
    case 'partial':
      return {
        head: opened({ ...PARTIAL_LIST_TYPE, metadata: list.metadata }, 'items'),
        encode: (items) => items.map((item) => JSON.stringify(partialMetadataOf(asObject(item)))).join(','),
      };
    case 'table': {
      const rowsOf = (objects: KubeObject[]): ReturnType<typeof tableOf> =>
        tableOf(list.kind, objects, { ...view, listMeta: list.metadata });
      const { rows: _none, ...head } = rowsOf([]);
      return {
        head: opened(head, 'rows'),
        encode: (items) =>
          rowsOf(items.map(asObject))
            .rows.map((row) => JSON.stringify(row))
            .join(','),
      };
    }
  }
}

/** `{…members,"last":[` */
const opened = (members: object, last: string): string => `${JSON.stringify(members).slice(0, -1)},"${last}":[`;
