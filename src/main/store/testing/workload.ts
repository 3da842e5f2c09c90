import { randomInt } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CompactedError,
  KeyExistsError,
  RevisionMismatchError,
  StoreClosedError,
  StoreUnavailableError,
  type Storage,
  type StoredObject,
  type StoredValue,
} from '../storage.ts';
import type { Line } from './history-log.ts';

const WRITERS = 10;
const KEYS = 8;
const DURABLE = '/core/configmaps/';
const LEASES = '/coordination.k8s.io/leases/';
const PREFIXES = ['', DURABLE, `${DURABLE}one/`, `${DURABLE}two/k1`, LEASES];

const valueOf = (object: { value: StoredValue }): string => String(object.value['data']);
const keyAt = (index: number): string => `${DURABLE}${index % 2 === 0 ? 'one' : 'two'}/k${index}`;

/**
 * Writers that fight over few keys, watchers quick and slow, and readers, until `stopped` or the process dies; every
 * step is said before it is taken and after. `run` names this process in ids and values.
 */
export async function runWorkload(
  storage: Storage,
  run: string,
  say: (line: Line) => void,
  stopped: () => boolean,
): Promise<void> {
  let ids = 0;
  const newId = (): string => `${run}.${++ids}`;

  async function attempt(key: string, coalesced: boolean): Promise<void> {
    const current = await storage.get(key);
    const id = newId();
    // From here on an error of the connection leaves it open whether it happened: nothing more is said of it.
    const type = !current ? 'create' : randomInt(4) === 0 ? 'delete' : 'update';
    const value = current && type === 'delete' ? valueOf(current) : id;
    const expected = current?.modRevision ?? 0;
    say({ say: 'start', id, type, key, value, expected, coalesced });
    try {
      const { modRevision } = await write(type, key, value, expected, coalesced);
      say({ say: 'done', id, revision: modRevision });
    } catch (error) {
      if (!(error instanceof RevisionMismatchError || error instanceof KeyExistsError)) throw error;
      say({ say: 'refused', id });
    }
  }

  function write(
    type: 'create' | 'update' | 'delete',
    key: string,
    data: string,
    expected: number,
    coalesced: boolean,
  ): Promise<StoredObject> {
    const durability = coalesced ? 'coalesced' : 'durable';
    const value = { metadata: { name: key.slice(key.lastIndexOf('/') + 1) }, data };
    if (type === 'create') return storage.create(key, value, durability);
    if (type === 'update') return storage.update(key, value, expected, durability);
    return storage.delete(key, expected, durability);
  }

  async function read(prefix: string): Promise<number> {
    const id = newId();
    say({ say: 'reading', id });
    const { items, revision } = await storage.list({ prefix });
    const shown = items.map((item): [string, number, string] => [item.key, item.modRevision, valueOf(item)]);
    say({ say: 'read', id, prefix, revision, items: shown });
    return revision;
  }

  async function watch(prefix: string, slow: boolean): Promise<void> {
    while (!stopped()) {
      const afterRevision = await read(prefix);
      const id = newId();
      say({ say: 'watch', id, prefix, afterRevision });
      try {
        for await (const batch of storage.watch({ prefix, afterRevision })) {
          for (const event of batch) {
            const { type, key, revision } = event;
            say({ say: 'event', id, type, key, revision, value: valueOf(event) });
          }
          for (let turns = slow ? 400 : 0; turns > 0; turns--) await nextTurn();
          if (stopped()) return;
        }
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        say({ say: 'compacted', id });
      }
    }
  }

  const again = async (step: () => Promise<unknown>): Promise<void> => {
    while (!stopped()) {
      await step().catch((error: unknown) => {
        if (!(error instanceof StoreUnavailableError)) throw error;
      });
      await nextTurn();
    }
  };
  const loops = [
    ...Array.from({ length: WRITERS }, () => again(() => attempt(keyAt(randomInt(KEYS)), false))),
    again(() => attempt(`${LEASES}one/l${randomInt(2)}`, true)),
    again(() => read(PREFIXES[randomInt(PREFIXES.length)] ?? '')),
    ...PREFIXES.map((prefix, index) => again(() => watch(prefix, index % 2 === 1))),
  ];
  await Promise.all(loops).catch((error: unknown) => {
    if (!(error instanceof StoreClosedError)) throw error;
  });
}
