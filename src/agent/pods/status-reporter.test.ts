import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PODS, type Pod } from '../../shared/api/kinds.ts';
import { ApiClient } from '../../shared/client/api-client.ts';
import { MemoryApi } from '../../shared/testing/memory-api.ts';
import { eventually, SILENT } from '../testing.ts';
import { aPod } from './fixtures.ts';
import type { PodStatus } from './pod-status.ts';
import { mergeForeign, sameStatus } from './status-merge.ts';
import { StatusReporter } from './status-reporter.ts';

const RUNNING: PodStatus = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

describe('reporting', () => {
  let api: MemoryApi;
  let client: ApiClient;
  let reporter: StatusReporter;
  let pod: Pod;
  beforeEach(async () => {
    api = new MemoryApi();
    client = new ApiClient(api, 'kubelet');
    pod = await client.create(PODS, aPod());
    reporter = new StatusReporter({ client, clock: { now: () => Date.now() }, log: SILENT });
    reporter.start();
  });
  afterEach(() => reporter.stop());
  const shown = async (): Promise<PodStatus | undefined> => (await client.get(PODS, 'web', 'default')).status;
  const writes = (): number => api.requests.filter((request) => request.startsWith('PUT')).length;
  /** The status in the API once it is so, and the reporter has heard of its own write. */
  const settled = async (holds: (status: PodStatus) => boolean): Promise<PodStatus> => {
    const status = await eventually('the status', async () => {
      const now = await shown();
      return now && holds(now) && now;
    });
    await reporter.write(pod.metadata!.uid!);
    return status;
  };
  const isRunning = ({ phase }: PodStatus): boolean => phase === 'Running';

  test('writes what is new, and only that', async () => {
    reporter.set(pod, RUNNING);
    await settled(isRunning);
    reporter.set(pod, structuredClone(RUNNING));
    reporter.check(await client.get(PODS, 'web', 'default'));
    expect(await reporter.write(pod.metadata!.uid!)).toBe(true);
    expect(writes()).toBe(1);
  });

  test('goes on until the API is back', async () => {
    let failures = 0;
    api.intercept = () => {
      if (failures < 2) {
        failures += 1;
        throw new Error('ECONNREFUSED');
      }
    };
    reporter.set(pod, RUNNING);
    reporter.retryAll();
    await settled(isRunning);
    expect(failures).toBe(2);
  });

  test('puts back what a node controller has overwritten, and leaves others’ conditions', async () => {
    reporter.set(pod, RUNNING);
    await settled(isRunning);
    const current = await client.get(PODS, 'web', 'default');
    const conditions = [
      { type: 'Ready', status: 'False' },
      { type: 'DisruptionTarget', status: 'True' },
    ];
    reporter.check(await client.updateStatus(PODS, { ...current, status: { ...RUNNING, conditions } }));
    const seen = await settled(({ conditions: now }) => now?.[0]?.status === 'True');
    expect(seen.conditions?.map(({ type }) => type)).toEqual(['Ready', 'DisruptionTarget']);
  });

  test('does not touch another pod of the same name', async () => {
    await client.delete(PODS, { name: 'web', namespace: 'default' }, { gracePeriodSeconds: 0 });
    const other = { ...aPod(), metadata: { ...aPod().metadata, uid: 'other' } };
    await client.create(PODS, other);
    reporter.set(pod, RUNNING);
    expect(await reporter.write(pod.metadata!.uid!)).toBe(false);
    expect((await shown())?.phase).toBeUndefined();
  });
});

test('statuses are the same whatever the order of fields and what is empty', () => {
  const a = { phase: 'Running', containerStatuses: [{ name: 'a', lastState: {}, ready: true }] } as PodStatus;
  const b = { containerStatuses: [{ ready: true, name: 'a' }], phase: 'Running' } as PodStatus;
  expect(sameStatus(a, b)).toBe(true);
  expect(sameStatus(a, { ...b, phase: 'Failed' })).toBe(false);
});

test('an end that somebody else declared stays', () => {
  const evicted = { phase: 'Failed', reason: 'Evicted', message: 'low on memory' };
  expect(mergeForeign(RUNNING, evicted)).toMatchObject(evicted);
});
