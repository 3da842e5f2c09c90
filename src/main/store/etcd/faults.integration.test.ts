import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../embedded/test-log.ts';
import type { ValueSealer } from '../sealer.ts';
import { checkHistory } from '../testing/check-history.ts';
import { HistoryRecorder, type Line } from '../testing/history-log.ts';
import { runWorkload } from '../testing/workload.ts';
import { CompactedError, StoreUnavailableError, type Storage, type StorageEvent } from '../storage.ts';
import { compactOnce } from './compaction.ts';
import { openEtcdStore, type EtcdStore, type EtcdStoreDeps } from './index.ts';
import { etcdMissing, TestEtcd } from './testing.ts';

/** A wire to etcd that can be cut. */
class Wire {
  readonly #sockets = new Set<Socket>();
  #cut = false;
  private constructor(private readonly server: Server) {}

  static async to(endpoint: string): Promise<Wire> {
    const target = Number(new URL(endpoint).port);
    const server = createServer((client) => {
      if (wire.#cut) return void client.destroy();
      const upstream = connect(target, '127.0.0.1');
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        wire.#sockets.add(socket);
        socket.pipe(other);
        socket.on('error', () => other.destroy());
        socket.on('close', () => wire.#sockets.delete(socket) && other.destroy());
      }
    });
    const wire = new Wire(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return wire;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}

/** Seals with its first word, opens what any of them sealed. */
class SealingKeys implements ValueSealer {
  words: string[];
  constructor(...words: string[]) {
    this.words = words;
  }
  protects = (name: string): boolean => name.startsWith('/core/secrets/');
  seal = (_name: string, text: Buffer): Buffer => Buffer.concat([Buffer.from(`${this.words[0]}|`), text]);
  open(_name: string, bytes: Buffer): Buffer {
    const word = this.words.find((each) => bytes.toString().startsWith(`${each}|`));
    if (word === undefined) throw new Error('not sealed with one of these');
    return bytes.subarray(word.length + 1);
  }
  isStale = (_name: string, bytes: Buffer): boolean => !bytes.toString().startsWith(`${this.words[0]}|`);
}

const key = (name: string): string => `/core/configmaps/default/${name}`;
const value = (name: string): { metadata: { name: string } } => ({ metadata: { name } });

async function take(events: AsyncIterable<StorageEvent[]>, count: number): Promise<StorageEvent[]> {
  const taken: StorageEvent[] = [];
  for await (const batch of events) if (taken.push(...batch) >= count) break;
  return taken;
}

if (etcdMissing !== undefined) test.skip(`etcd under faults: ${etcdMissing}`, () => undefined);
describe.skipIf(etcdMissing !== undefined)('a store on etcd', () => {
  let etcd: TestEtcd;
  let prefix: string;
  let run = 0;
  const stores: Storage[] = [];
  const wires: Wire[] = [];

  beforeAll(async () => void (etcd = await TestEtcd.start()));
  afterAll(() => etcd.dispose());
  beforeEach(() => void (prefix = `/faults/${++run}`));
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    for (const wire of wires.splice(0)) wire.close();
  });

  async function open(more: Partial<EtcdStoreDeps> = {}): Promise<EtcdStore> {
    const store = await openEtcdStore({ endpoints: [etcd.endpoint], log: silentLog, clock: Date, prefix, ...more });
    stores.push(store);
    return store;
  }
  async function openOnWire(): Promise<{ store: Storage; wire: Wire }> {
    const wire = await Wire.to(etcd.endpoint);
    wires.push(wire);
    return { wire, store: await open({ endpoints: [wire.endpoint] }) };
  }

  test('reads what another control plane wrote a moment ago, every time', async () => {
    const [one, other] = [await open(), await open()];
    let object = await one.create(key('a'), value('a'));
    for (let step = 0; step < 100; step++) {
      const [writer, reader] = step % 2 === 0 ? [one, other] : [other, one];
      object = await writer.update(key('a'), { ...value('a'), step }, object.modRevision);
      expect(await reader.get(key('a'))).toEqual(object);
      expect((await reader.list({ prefix: '/core/configmaps/' })).revision).toBe(object.modRevision);
    }
  });

  test('shows the same events to watchers of every control plane', async () => {
    const [one, other] = [await open(), await open()];
    const afterRevision = one.revision;
    const watches = [one, other].map((store) => take(store.watch({ prefix: '/core/', afterRevision }), 60));
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const name = key(String(index));
        const created = await (index % 2 ? one : other).create(name, value('x'));
        const updated = await (index % 3 ? one : other).update(name, value('y'), created.modRevision);
        await (index % 5 ? one : other).delete(name, updated.modRevision);
      }),
    );
    const [first, second] = await Promise.all(watches);
    const plain = ({ type, key: at, revision, value: now, previous }: StorageEvent): unknown => ({
      type,
      at,
      revision,
      now,
      previous,
    });
    expect(first?.map(plain)).toEqual(second?.map(plain));
    const revisions = first?.map(({ revision }) => revision) ?? [];
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  });

  test('goes on watching without a gap when its connection is cut', async () => {
    const { store, wire } = await openOnWire();
    const writer = await open();
    const events = take(store.watch({ prefix: '/', afterRevision: store.revision }), 40);
    const written: number[] = [];
    for (let index = 0; index < 40; index++) {
      if (index === 10) wire.cut();
      if (index === 30) wire.mend();
      written.push((await writer.create(key(String(index)), value('x'))).modRevision);
    }
    expect((await events).map(({ revision }) => revision)).toEqual(written);
    expect((await store.get(key('39')))?.modRevision).toBe(written.at(-1));
  });

  test('says that etcd cannot be reached, and works again when it can', async () => {
    const { store, wire } = await openOnWire();
    wire.cut();
    await expect(store.get(key('a'))).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.create(key('a'), value('a'))).rejects.toBeInstanceOf(StoreUnavailableError);
    wire.mend();
    await vi.waitFor(async () => expect(await store.list({ prefix: '/' })).toMatchObject({ items: [] }), 10_000);
    expect(await store.create(key('a'), value('a'))).toMatchObject({ key: key('a') });
  });

  test('reads everything again, and tells its watchers, when what it missed has been compacted', async () => {
    const { store, wire } = await openOnWire();
    const writer = await open();
    const gone = await writer.create(key('gone'), value('gone'));
    await writer.create(key('kept'), value('kept'));
    await store.get(key('kept'));
    const watch = take(store.watch({ prefix: '/', afterRevision: store.revision }), Infinity);
    wire.cut();
    await writer.delete(gone.key, gone.modRevision);
    const last = await writer.create(key('new'), value('new'));
    const client = await etcd.client();
    await client.compact(last.modRevision);
    client.close();
    wire.mend();
    await expect(watch).rejects.toBeInstanceOf(CompactedError);
    const { items, revision } = await store.list({ prefix: '/' });
    expect(items.map((item) => item.key)).toEqual([key('kept'), key('new')]);
    expect(revision).toBe(last.modRevision);
    expect(() => store.watch({ prefix: '/', afterRevision: gone.modRevision })).toThrow(CompactedError);
  });

  test('survives a kill -9 of etcd with everything acknowledged', async () => {
    const store = await open();
    const acknowledged = new Map<string, number>();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let step = 0; ; step++) {
        const name = key(`${writer}-${step}`);
        const created = await store.create(name, value('x')).catch((error: unknown) => error);
        if (created instanceof StoreUnavailableError) return;
        if (created instanceof Error) throw created;
        acknowledged.set(name, (created as { modRevision: number }).modRevision);
      }
    });
    await vi.waitUntil(() => acknowledged.size > 200, 20_000);
    await etcd.kill();
    await Promise.all(writers);
    await etcd.run();
    const { items } = await vi.waitFor(() => store.list({ prefix: '/core/' }), 20_000);
    const found = new Map(items.map((item) => [item.key, item.modRevision]));
    for (const [name, revision] of acknowledged) expect(found.get(name)).toBe(revision);
    expect((await store.create(key('after'), value('a'))).modRevision).toBeGreaterThan(
      Math.max(...acknowledged.values()),
    );
  });

  test('keeps every promise to two control planes while etcd is killed again and again', async () => {
    const recorder = new HistoryRecorder();
    const [one, other] = [await open(), await open()];
    let stopped = false;
    let answered = 0;
    const say = (line: Line): void => {
      if (line.say === 'done') answered++;
      recorder.take(line);
    };
    const loads = [one, other].map((store, index) => runWorkload(store, String(index), say, () => stopped));
    for (let kills = 0; kills < 3; kills++) {
      const target = answered + 120;
      await vi.waitUntil(() => answered > target, { timeout: 20_000, interval: 5 });
      await etcd.kill();
      await etcd.run();
    }
    const target = answered + 100;
    await vi.waitUntil(() => answered > target, { timeout: 20_000, interval: 5 });
    stopped = true;
    // Watches end with their stores; what they had seen by then is in the history.
    await Promise.all([one.close(), other.close()]);
    await Promise.all(loads);
    expect(checkHistory(recorder.history)).toEqual([]);
  });

  test('keeps Secrets sealed in etcd, and refuses to open them with another key', async () => {
    const sealerOf = (word: string): ValueSealer => ({
      protects: (name) => name.startsWith('/core/secrets/'),
      seal: (name, text) => Buffer.concat([Buffer.from(`${word}|${name}|`), Buffer.from(text).reverse()]),
      open: (name, bytes) => {
        const head = `${word}|${name}|`;
        if (bytes.subarray(0, head.length).toString() !== head) throw new Error('not sealed with this key');
        return Buffer.from(bytes.subarray(head.length)).reverse();
      },
    });
    const store = await open({ sealer: sealerOf('one') });
    await store.create('/core/secrets/a/b', { data: { word: 'hush-hush' } });
    const client = await etcd.client();
    const { kvs } = await client.range({ key: Buffer.from(`${prefix}/core/secrets/a/b`) });
    client.close();
    expect(kvs[0]?.value.toString()).not.toContain('hush-hush');
    const again = await open({ sealer: sealerOf('one') });
    expect((await again.get('/core/secrets/a/b'))?.value).toMatchObject({ data: { word: 'hush-hush' } });
    await expect(open({ sealer: sealerOf('two') })).rejects.toThrow('/core/secrets/a/b is encrypted with another key');
    await expect(open()).rejects.toThrow('/core/secrets/a/b is encrypted with another key');
  });

  test('is sealed anew with another key, what a control plane that lags behind writes meanwhile too', async () => {
    const box = new SealingKeys('old');
    const lagging = new SealingKeys('old', 'new');
    const store = await open({ sealer: box, settleMs: 50 });
    const late = await open({ sealer: lagging });
    for (let index = 0; index < 250; index++) await store.create(`/core/secrets/a/s${index}`, { data: { index } });
    box.words = ['new', 'old'];
    let writing = true;
    const writer = (async () => {
      for (let step = 0; writing; step++) await late.create(`/core/secrets/late/s${step}`, { data: { step } });
      lagging.words = ['new', 'old'];
    })();
    const resealed = store.reseal();
    await vi.waitUntil(async () => (await store.count('/core/secrets/late/')) > 20);
    writing = false;
    await writer;
    await resealed;
    const again = await open({ sealer: new SealingKeys('new') });
    expect(await again.count('/core/secrets/')).toBe(await store.count('/core/secrets/'));
  });

  test('is compacted by one of its control planes a turn, to the turn before', async () => {
    const client = await etcd.client();
    const at = Buffer.from(`${prefix}-compact`);
    const store = await open();
    const compacted: number[] = [];
    const counting = {
      range: client.range.bind(client),
      txn: client.txn.bind(client),
      compact: async (revision: number) => void compacted.push(revision),
    };
    let [one, other] = [
      { version: 0, revision: 0 },
      { version: 0, revision: 0 },
    ];
    const turnEnds: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      one = await compactOnce(counting, at, one);
      turnEnds.push(one.revision);
      other = await compactOnce(counting, at, other);
      await store.create(key(String(turn)), value('x'));
    }
    client.close();
    expect(compacted).toEqual(turnEnds.slice(0, 3));
  });
});
