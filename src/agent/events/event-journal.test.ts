import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forbidden } from '../../shared/api/errors.ts';
import { EVENTS, type Event } from '../../shared/api/kinds.ts';
import { ApiClient } from '../../shared/client/api-client.ts';
import { MemoryApi } from '../../shared/testing/memory-api.ts';
import { aContainer, aPod } from '../pods/fixtures.ts';
import { eventually, SILENT } from '../testing.ts';
import { EventJournal } from './event-journal.ts';

let directory: string;
let api: MemoryApi;
let now: number;
const journals: EventJournal[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'journal-'));
  api = new MemoryApi();
  now = 1_000_000;
});
afterEach(async () => {
  for (const journal of journals.splice(0)) journal.stop();
  await rm(directory, { recursive: true });
});

const file = (): string => join(directory, 'events.json');
function open(): EventJournal {
  const client = new ApiClient(api, 'kubelet');
  const journal = new EventJournal({ client, file: file(), host: 'n1', clock: { now: () => now }, log: SILENT });
  journals.push(journal);
  return journal;
}
const events = (count: number): Promise<Event[]> =>
  eventually(`${count} events`, async () => {
    const { items } = await new ApiClient(api, 'test').list(EVENTS, { namespace: 'default' });
    return items.length === count && items;
  });

test('an event says where, what and when as the kubelet does', async () => {
  const journal = open();
  await journal.start();
  journal.podEvent(aPod(), 'Normal', 'Started', 'Started container app', aContainer());
  const [event] = await events(1);
  expect(event).toMatchObject({
    type: 'Normal',
    reason: 'Started',
    message: 'Started container app',
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'default', uid: 'u1', fieldPath: 'spec.containers{app}' },
    source: { component: 'kubelet', host: 'n1' },
    firstTimestamp: '1970-01-01T00:16:40Z',
    count: 1,
  });
});

test('the same again raises the count', async () => {
  const journal = open();
  await journal.start();
  journal.podEvent(aPod(), 'Warning', 'Unhealthy', 'no');
  await events(1);
  now += 60_000;
  journal.podEvent(aPod(), 'Warning', 'Unhealthy', 'no');
  journal.podEvent(aPod(), 'Warning', 'Unhealthy', 'no');
  const counted = await eventually('a count of 3', async () => {
    const [event] = await events(1);
    return event?.count === 3 && event;
  });
  expect(counted.lastTimestamp).toBe('1970-01-01T00:17:40Z');
});

test('what happens offline is kept on disk, and delivered in order with its times by the next agent', async () => {
  api.intercept = () => {
    throw new Error('ECONNREFUSED');
  };
  const first = open();
  await first.start();
  first.podEvent(aPod(), 'Normal', 'Killing', 'one');
  now += 5_000;
  first.podEvent(aPod(), 'Normal', 'Created', 'two');
  await eventually('both on disk', async () => (await readFile(file(), 'utf8')).includes('two'));
  first.stop();
  api.intercept = undefined;
  now += 600_000;
  await open().start();
  const seen = (await events(2)).sort(
    (a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion),
  );
  expect(seen.map(({ message, firstTimestamp }) => [message, firstTimestamp])).toEqual([
    ['one', '1970-01-01T00:16:40Z'],
    ['two', '1970-01-01T00:16:45Z'],
  ]);
});
test('one that is refused does not hold up the next', async () => {
  api.intercept = ({ body }) => {
    if ((body as Event | undefined)?.message === 'bad') throw forbidden(EVENTS, 'x', 'the namespace is going');
  };
  const journal = open();
  await journal.start();
  journal.podEvent(aPod(), 'Normal', 'A', 'bad');
  journal.podEvent(aPod(), 'Normal', 'B', 'good');
  expect((await events(1))[0]?.message).toBe('good');
});
