import { tableOf } from '../../resources/table.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import type { StorageEvent, StoredValue } from '../../store/storage.ts';
import { bookmarkOf } from '../bookmark.ts';
import { asObject } from '../registry/as-object.ts';
import { jsonOf, rememberJson } from '../registry/json-value.ts';
import type { WatchItem } from '../registry/watch-event.ts';
import type { Shape } from './accept.ts';
import { partialMetadataOf } from './partial-metadata.ts';
import { writePiece, type HttpResponse } from './response.ts';
import type { TableView } from './write-list.ts';

type Frames = Partial<Record<'ADDED' | 'MODIFIED' | 'DELETED', Buffer>>;
/** Frames already made, by the store's event: a hundred watchers of one change share one piece of memory. */
const framesOf = new WeakMap<StorageEvent, Frames>();

const frame = (type: string, json: string): string => `{"type":"${type}","object":${json}}\n`;

function sharedFrame(type: keyof Frames, event: StorageEvent): Buffer {
  const frames = framesOf.get(event) ?? {};
  framesOf.set(event, frames);
  let bytes = frames[type];
  if (!bytes) {
    const json = event.json();
    rememberJson(event.value, json);
    bytes = Buffer.from(frame(type, json));
    frames[type] = bytes;
  }
  return bytes;
}

/** Puts the events of one watch into text. */
export class WatchEncoder {
  #columnsSent = false;

  constructor(
    private readonly kind: KindDefinition,
    private readonly shape: Shape,
    private readonly view: Omit<TableView, 'now'> & { now: () => number },
  ) {}

  encode(item: WatchItem): string | Uint8Array {
    switch (item.type) {
      case 'ERROR':
        return frame('ERROR', JSON.stringify(item.status));
      case 'BOOKMARK':
        return frame('BOOKMARK', this.#bookmark(item.revision, item.initialEventsEnd));
      default:
        return this.shape === 'object' && item.source
          ? sharedFrame(item.type, item.source)
          : frame(item.type, this.#shown(item.value));
    }
  }

  #shown(value: StoredValue): string {
    switch (this.shape) {
      case 'object':
        return jsonOf(value);
      case 'partial':
        return JSON.stringify(partialMetadataOf(asObject(value)));
      case 'table':
        return this.#table([value], asObject(value).metadata?.resourceVersion ?? '');
    }
  }

  #bookmark(revision: number, initialEventsEnd: boolean): string {
    if (this.shape === 'table') return this.#table([], String(revision));
    return JSON.stringify(bookmarkOf(this.kind, revision, initialEventsEnd));
  }

  /** The columns are told once; a client keeps them. */
  #table(values: readonly StoredValue[], resourceVersion: string): string {
    const { includeObject, now } = this.view;
    const table = tableOf(this.kind, values.map(asObject), {
      includeObject,
      now: now(),
      listMeta: { resourceVersion },
    });
    if (!this.#columnsSent) {
      this.#columnsSent = true;
      return JSON.stringify(table);
    }
    return JSON.stringify({ ...table, columnDefinitions: null });
  }
}

/** Writes a watch until it ends or the client is gone. A slow client holds up its own watch only. */
export async function writeWatch(
  response: HttpResponse,
  events: AsyncIterable<WatchItem[]>,
  encoder: WatchEncoder,
): Promise<void> {
  for await (const batch of events)
    for (const item of batch) if (!(await writePiece(response, encoder.encode(item)))) return;
  response.end();
}
