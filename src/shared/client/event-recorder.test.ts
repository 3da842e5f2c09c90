import { describe, expect, test } from 'vitest';
import { EVENTS, type Event } from '../api/kinds.ts';
import { MemoryApi } from '../testing/memory-api.ts';
import { ApiClient } from './api-client.ts';
import { EventCorrelator, type Correlation } from './event-correlator.ts';
import { EventRecorder } from './event-recorder.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-01-01T00:00:00Z');
const occurrence = (message: string, about = 'pod/a') => ({ about, type: 'Normal', reason: 'Created', message });
const text = (correlation: Correlation): string =>
  correlation.write === 'nothing' ? 'nothing' : `${correlation.write} ${correlation.message}`;

describe('EventCorrelator', () => {
  test('the same again raises the count', () => {
    const correlator = new EventCorrelator();
    const counts = [0, 1, 2].map((at) => correlator.correlate(occurrence('x'), at));
    expect(counts.map((have) => (have.write === 'again' ? have.count : have.write))).toEqual(['new', 2, 3]);
  });

  test('from the tenth message on, events that differ in nothing else are combined', () => {
    const correlator = new EventCorrelator();
    const all = Array.from({ length: 12 }, (_, index) =>
      text(correlator.correlate(occurrence(`m${String(index)}`), index)),
    );
    expect(all.slice(8)).toEqual([
      'new m8',
      'new (combined from similar events): m9',
      'again (combined from similar events): m10',
      'again (combined from similar events): m11',
    ]);
  });

  test('ten minutes of quiet end the combining', () => {
    const correlator = new EventCorrelator();
    for (let index = 0; index < 12; index += 1) correlator.correlate(occurrence(`m${String(index)}`), 0);
    expect(text(correlator.correlate(occurrence('later'), 10 * MINUTE + 1))).toBe('new later');
  });

  test('an object has 25 writes at once, then one in five minutes; others are not concerned', () => {
    const correlator = new EventCorrelator();
    const writes = (count: number, now: number, about?: string): number =>
      Array.from({ length: count }, () => correlator.correlate(occurrence('x', about), now)).filter(
        ({ write }) => write !== 'nothing',
      ).length;
    expect([writes(40, 0), writes(3, 1000, 'pod/b'), writes(5, 5 * MINUTE), writes(5, 15 * MINUTE)]).toEqual([
      25, 3, 1, 2,
    ]);
    const next = correlator.correlate(occurrence('x'), 20 * MINUTE);
    // What was not written was counted all the same.
    expect(next).toMatchObject({ write: 'again', count: 51 });
  });
});

describe('EventRecorder', () => {
  const regarding = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'team', uid: 'u', resourceVersion: '7' },
  };

  function setUp(): {
    client: ApiClient;
    recorder: EventRecorder;
    errors: unknown[];
    list: () => Promise<Event[]>;
    clock: { ms: number };
  } {
    const client = new ApiClient(new MemoryApi(), 'test');
    const errors: unknown[] = [];
    const clock = { ms: START };
    const recorder = new EventRecorder(client, {
      component: 'kubelet',
      host: 'n1',
      now: () => new Date(clock.ms),
      onError: (error) => errors.push(error),
    });
    return { client, recorder, errors, clock, list: async () => (await client.list(EVENTS)).items };
  }

  test('writes an event as client-go does', async () => {
    const { recorder, list } = setUp();
    recorder.event(regarding, 'Warning', 'BackOff', 'Back-off restarting', 'spec.containers{app}');
    await recorder.flush();
    expect(await list()).toMatchObject([
      {
        metadata: { namespace: 'team' },
        involvedObject: {
          kind: 'Pod',
          apiVersion: 'v1',
          name: 'a',
          namespace: 'team',
          uid: 'u',
          resourceVersion: '7',
          fieldPath: 'spec.containers{app}',
        },
        type: 'Warning',
        reason: 'BackOff',
        message: 'Back-off restarting',
        source: { component: 'kubelet', host: 'n1' },
        reportingComponent: 'kubelet',
        reportingInstance: 'n1',
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        count: 1,
      },
    ]);
  });

  test('the same again is the same event, with a count and a later time', async () => {
    const { recorder, list, clock } = setUp();
    recorder.event(regarding, 'Normal', 'Pulled', 'x');
    clock.ms += 5000;
    recorder.event(regarding, 'Normal', 'Pulled', 'x');
    await recorder.flush();
    expect(await list()).toMatchObject([
      { count: 2, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:05Z' },
    ]);
  });

  test('one that has expired meanwhile is written anew', async () => {
    const { client, recorder, list } = setUp();
    recorder.event(regarding, 'Normal', 'Pulled', 'x');
    await recorder.flush();
    const [first] = await list();
    await client.delete(EVENTS, { name: first?.metadata?.name ?? '', namespace: 'team' });
    recorder.event(regarding, 'Normal', 'Pulled', 'x');
    await recorder.flush();
    expect(await list()).toHaveLength(1);
  });

  test('a failed write is told, and stops neither the caller nor the next event', async () => {
    const api = new MemoryApi();
    const errors: unknown[] = [];
    const recorder = new EventRecorder(new ApiClient(api, 'test'), {
      component: 'c',
      now: () => new Date(START),
      onError: (error) => errors.push(error),
    });
    api.intercept = () => {
      throw new Error('unreachable');
    };
    recorder.event(regarding, 'Normal', 'A', 'x');
    await recorder.flush();
    api.intercept = undefined;
    recorder.event(regarding, 'Normal', 'A', 'x');
    await recorder.flush();
    expect([errors.length, (await new ApiClient(api, 'test').list(EVENTS)).items.length]).toEqual([1, 1]);
  });

  test('events of cluster-scoped objects are in namespace default', async () => {
    const { recorder, list } = setUp();
    recorder.event({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'u' } }, 'Normal', 'Starting', 'x');
    await recorder.flush();
    expect((await list())[0]?.metadata?.namespace).toBe('default');
  });
});
