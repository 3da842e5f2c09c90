import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError } from '../api/errors.ts';
import { LEASES, type Lease } from '../api/kinds.ts';
import { MemoryApi } from '../testing/memory-api.ts';
import { ApiClient } from './api-client.ts';
import { LEADER_ELECTION_DEFAULTS, LeaderElector } from './leader-election.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const SECOND = 1000;
const clock = { now: () => Date.now() };
const unavailable = (): never => {
  throw new ApiError(503, 'ServiceUnavailable', 'the store cannot be reached');
};

let api: MemoryApi;
let seen: string[];

/** A candidate that leads as often as it can, and notes when. */
class Candidate {
  readonly abort = new AbortController();
  readonly elector: LeaderElector;
  readonly ended: Promise<void>;
  /** What this candidate alone meets at its API server. */
  fault: (() => void) | undefined;

  constructor(readonly identity: string) {
    const transport = {
      request: <T>(request: Parameters<MemoryApi['request']>[0]): Promise<T> => {
        try {
          this.fault?.();
        } catch (error) {
          return Promise.reject(error as Error);
        }
        return api.request<T>(request);
      },
      watch: api.watch.bind(api),
      stream: api.stream.bind(api),
    } as MemoryApi;
    this.elector = new LeaderElector(
      { client: new ApiClient(transport, identity), clock, random: () => 0.5 },
      { ...LEADER_ELECTION_DEFAULTS, name: 'leader', namespace: 'kube-system', identity },
      { onNewLeader: (leader) => seen.push(`${identity} sees ${leader}`) },
    );
    this.ended = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.abort;
    while (await this.elector.acquire(signal)) {
      seen.push(`${this.identity} leads`);
      await this.elector.renew(signal);
      seen.push(`${this.identity} stopped`);
    }
  }

  /** As a crash does: it renews no more and gives nothing back. */
  async die(): Promise<void> {
    this.abort.abort();
    await this.ended;
  }
}

const lease = (): Promise<Lease> => new ApiClient(api, 'test').get(LEASES, 'leader', 'kube-system');
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

let candidates: Candidate[];
const candidate = (identity: string): Candidate => {
  const made = new Candidate(identity);
  candidates.push(made);
  return made;
};

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  api = new MemoryApi();
  seen = [];
  candidates = [];
});
afterEach(async () => {
  for (const each of candidates) await each.die();
  vi.useRealTimers();
});

describe('LeaderElector', () => {
  test('takes a Lease that is not there, and writes what kubectl shows of it', async () => {
    const one = candidate('one');
    await pass(0);
    expect(one.elector.isLeader()).toBe(true);
    expect((await lease()).spec).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await pass(4 * SECOND);
    expect((await lease()).spec).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:04.000000Z',
      leaseTransitions: 0,
    });
  });

  test('leaves a Lease alone as long as it is renewed, and takes it when its holder is gone', async () => {
    const one = candidate('one');
    await pass(0);
    const other = candidate('other');
    await pass(60 * SECOND);
    expect(other.elector.isLeader()).toBe(false);
    await one.die();
    await pass(12 * SECOND);
    expect(other.elector.isLeader()).toBe(false);
    await pass(8 * SECOND);
    expect(other.elector.isLeader()).toBe(true);
    expect((await lease()).spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 1 });
    expect(seen).toEqual([
      'one sees one',
      'one leads',
      'other sees one',
      'one stopped',
      'other sees other',
      'other leads',
    ]);
  });

  test('judges a Lease by its own clock, never by the times written in it', async () => {
    const foreign = { holderIdentity: 'far-off', leaseDurationSeconds: 15, renewTime: '1999-01-01T00:00:00.000000Z' };
    const client = new ApiClient(api, 'test');
    await client.create(LEASES, { metadata: { name: 'leader', namespace: 'kube-system' }, spec: foreign } as Lease);
    const one = candidate('one');
    await pass(14 * SECOND);
    expect(one.elector.isLeader()).toBe(false);
    await pass(2 * SECOND);
    expect(one.elector.isLeader()).toBe(true);
  });

  test('gives up leading before another may begin, when it cannot renew', async () => {
    const one = candidate('one');
    await pass(0);
    const other = candidate('other');
    await pass(10 * SECOND);
    one.fault = unavailable;
    await pass(13 * SECOND);
    expect(seen).toContain('one stopped');
    expect(other.elector.isLeader()).toBe(false);
    await pass(20 * SECOND);
    expect([one.elector.isLeader(), other.elector.isLeader()]).toEqual([false, true]);
    one.fault = undefined;
    await pass(60 * SECOND);
    expect([one.elector.isLeader(), other.elector.isLeader()]).toEqual([false, true]);
  });

  test('gives up leading when its API server does not answer at all', async () => {
    candidate('one');
    await pass(5 * SECOND);
    vi.spyOn(api, 'request').mockReturnValue(new Promise(() => undefined));
    await pass(13 * SECOND);
    expect(seen).toContain('one stopped');
    vi.restoreAllMocks();
  });

  test('never leads beside another, whatever fails and however long', async () => {
    const all = ['a', 'b', 'c'].map(candidate);
    let seed = 11;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const leaders = new Set<string>();
    for (let step = 0; step < 600; step++) {
      if (random(8) === 0) {
        const hit = all[random(3)]!;
        hit.fault = hit.fault ? undefined : unavailable;
      }
      await pass(random(3 * SECOND));
      const leading = all.filter(({ elector }) => elector.isLeader()).map(({ identity }) => identity);
      expect(leading.length).toBeLessThanOrEqual(1);
      for (const identity of leading) leaders.add(identity);
    }
    expect([...leaders].sort()).toEqual(['a', 'b', 'c']);
  });

  test('hands over at once what it gives back', async () => {
    const one = candidate('one');
    await pass(0);
    const other = candidate('other');
    await pass(5 * SECOND);
    await one.die();
    await one.elector.release();
    expect((await lease()).spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await pass(5 * SECOND);
    expect(other.elector.isLeader()).toBe(true);
    expect(one.elector.isLeader()).toBe(false);
  });

  test('goes on leading after a restart under the same identity', async () => {
    const first = candidate('one');
    await pass(0);
    await first.die();
    const second = candidate('one');
    await pass(0);
    expect(second.elector.isLeader()).toBe(true);
    expect((await lease()).spec?.leaseTransitions).toBe(0);
  });

  test('refuses times that would let two lead', () => {
    const make = (times: object): LeaderElector =>
      new LeaderElector(
        { client: new ApiClient(api, 'x'), clock, random: () => 0 },
        { ...LEADER_ELECTION_DEFAULTS, name: 'l', namespace: 'n', identity: 'i', ...times },
      );
    expect(() => make({ leaseMs: 10_000 })).toThrow('leaseMs must be greater');
    expect(() => make({ retryMs: 9_000 })).toThrow('renewDeadlineMs must be greater');
  });
});
