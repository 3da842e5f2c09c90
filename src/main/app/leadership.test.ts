import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiClient } from '../../shared/client/api-client.ts';
import { LEASES } from '../../shared/api/kinds.ts';
import { MemoryApi } from '../../shared/testing/memory-api.ts';
import { silentLog } from '../store/embedded/test-log.ts';
import { fenced, lead, LEADER_TIMES, type Leads } from './leadership.ts';

const clock = { now: () => Date.now() };
interface Parts {
  stop(): Promise<void>;
}

let api: MemoryApi;
let said: string[];
let leading: Leads<Parts>[];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
  api = new MemoryApi();
  said = [];
  leading = [];
});
afterEach(async () => {
  for (const each of leading) await each.stop();
  vi.useRealTimers();
});

function candidate(identity: string, start?: () => Promise<void>): Leads<Parts> {
  const client = new ApiClient(api, identity);
  const leads = lead<Parts>({ client, clock, log: silentLog, random: () => 0, identity }, async () => {
    said.push(`${identity} starts`);
    await start?.();
    return {
      stop: () => {
        said.push(`${identity} stops`);
        return Promise.resolve();
      },
    };
  });
  leading.push(leads);
  return leads;
}
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

test('parts run on one candidate, and on the next when that one stops', async () => {
  const one = candidate('one');
  await one.settled;
  const other = candidate('other');
  await pass(0);
  await other.settled;
  expect([one.current !== undefined, other.current]).toEqual([true, undefined]);
  expect(other.leader).toBe('one');
  await pass(60_000);
  await one.stop();
  await pass(1_500);
  expect(other.current).toBeDefined();
  expect(said).toEqual(['one starts', 'one stops', 'other starts']);
});

test('parts that cannot be started give another its turn, and are tried again', async () => {
  let failures = 1;
  const broken = candidate('broken', () => (failures-- > 0 ? Promise.reject(new Error('no')) : Promise.resolve()));
  await pass(0);
  expect(broken.current).toBeUndefined();
  const other = candidate('other');
  await pass(2_000);
  expect(other.current).toBeDefined();
  await other.stop();
  await pass(10_000);
  expect(broken.current).toBeDefined();
});

test('parts are stopped when the Lease is lost, and may write nothing from then on', async () => {
  const one = candidate('one');
  await one.settled;
  const transport = fenced(api, () => one.isLeader());
  const writer = new ApiClient(transport, 'writer');
  const lease = await writer.get(LEASES, 'wheelhouse-control-plane', 'kube-system');
  const stolen = { ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } };
  await new ApiClient(api, 'thief').update(LEASES, stolen);
  await pass(LEADER_TIMES.retryMs + 10);
  expect(one.current).toBeUndefined();
  expect(said).toEqual(['one starts', 'one stops']);
  await expect(writer.update(LEASES, stolen)).rejects.toThrow('this control plane leads no longer');
  expect((await writer.get(LEASES, 'wheelhouse-control-plane', 'kube-system')).spec?.holderIdentity).toBe('thief');
});
