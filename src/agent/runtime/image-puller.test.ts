import { describe, expect, test } from 'vitest';
import { aContainer, aPod } from '../pods/fixtures.ts';
import { ImagePuller, type ImageOutcome } from './image-puller.ts';
import type { ImageStore } from './image-store.ts';

/** A puller on a machine whose registry answers as told, with a clock that stands still until it is moved. */
function setUp(options: { present?: boolean; answers?: (string | undefined)[]; missing?: string[] } = {}) {
  const { answers = [], missing = [] } = options;
  const image = { id: 'sha256:1', reference: 'nginx@sha256:2', sizeBytes: 7, user: '' };
  let present = options.present ?? false;
  let now = 0;
  let pulls = 0;
  const events: string[] = [];
  let settled: () => void = () => undefined;
  const store: Pick<ImageStore, 'find' | 'pull'> = {
    find: () => Promise.resolve(present ? image : undefined),
    pull: () => {
      const failure = answers[pulls];
      pulls += 1;
      if (failure !== undefined) return Promise.reject(new Error(failure));
      present = true;
      return Promise.resolve();
    },
  };
  const puller = new ImagePuller({
    store: store as ImageStore,
    events: { event: (_pod, _type, reason, message) => void events.push(`${reason}: ${message}`) },
    clock: { now: () => now },
    pullSecrets: () => Promise.resolve({ secrets: [], missing }),
    onSettled: () => settled(),
  });
  const ensure = (container = aContainer()): Promise<ImageOutcome> => puller.ensure(aPod(), container);
  return {
    events,
    ensure,
    pulls: () => pulls,
    tick: (ms: number) => void (now += ms),
    /** Asks, and when that begins a pull, waits for its end. */
    settle: async (container = aContainer()): Promise<ImageOutcome> => {
      const end = new Promise<void>((resolve) => (settled = resolve));
      const outcome = await ensure(container);
      if (outcome.kind === 'pulling') await end;
      return outcome;
    },
  };
}

describe('pull policies', () => {
  test('IfNotPresent takes what is there', async () => {
    const { ensure, events, pulls } = setUp({ present: true });
    expect(await ensure()).toMatchObject({ kind: 'ready' });
    expect(pulls()).toBe(0);
    expect(events).toEqual(['Pulled: Container image "nginx:1" already present on machine']);
  });
  test('Always pulls once for each start', async () => {
    const { settle, ensure, pulls } = setUp({ present: true });
    const container = aContainer({ imagePullPolicy: 'Always' });
    await settle(container);
    expect(await ensure(container)).toMatchObject({ kind: 'ready' });
    expect(pulls()).toBe(1);
    expect(await settle(container)).toEqual({ kind: 'pulling' });
    expect(pulls()).toBe(2);
  });
  test('Never does not', async () => {
    const { ensure, pulls, events } = setUp();
    const message = 'Container image "nginx:1" is not present with pull policy of Never';
    expect(await ensure(aContainer({ imagePullPolicy: 'Never' }))).toMatchObject({
      reason: 'ErrImageNeverPull',
      message,
    });
    expect(pulls()).toBe(0);
    expect(events).toEqual([`ErrImageNeverPull: ${message}`]);
  });
  test('a name that is none is never asked for', async () => {
    const { ensure, pulls } = setUp();
    const why = `couldn't parse image name "Nginx": invalid reference format: repository name must be lowercase`;
    expect(await ensure(aContainer({ image: 'Nginx' }))).toMatchObject({
      reason: 'InvalidImageName',
      message: `Failed to apply default image tag "Nginx": ${why}`,
    });
    expect(pulls()).toBe(0);
  });
});

describe('a pull that fails', () => {
  test('shows the registry’s words, then backs off with them, then tries again', async () => {
    const { settle, ensure, tick, events, pulls } = setUp({ answers: ['denied'] });
    await settle();
    expect(await ensure()).toMatchObject({ reason: 'ErrImagePull', message: 'denied', retryAt: 1_000 });
    tick(1_000);
    const backingOff = {
      reason: 'ImagePullBackOff',
      message: 'Back-off pulling image "nginx:1": ErrImagePull: denied',
    };
    expect(await ensure()).toMatchObject({ ...backingOff, retryAt: 10_000 });
    expect(await ensure()).toMatchObject(backingOff);
    tick(9_000);
    await settle();
    expect(await ensure()).toMatchObject({ kind: 'ready' });
    expect(pulls()).toBe(2);
    expect(events).toEqual([
      'Pulling: Pulling image "nginx:1"',
      'Failed: Failed to pull image "nginx:1": denied',
      'Failed: Error: ErrImagePull',
      'BackOff: Back-off pulling image "nginx:1"',
      'Failed: Error: ImagePullBackOff',
      'Pulling: Pulling image "nginx:1"',
      'Pulled: Successfully pulled image "nginx:1" in 0s (0s including waiting). Image size: 7 bytes.',
    ]);
  });
  test('waits twice as long each time, up to five minutes', async () => {
    const { settle, ensure, tick } = setUp({ answers: Array<string>(8).fill('no') });
    const waits: number[] = [];
    let at = 0;
    for (let round = 0; round < 7; round += 1) {
      await settle();
      await ensure();
      const outcome = await ensure();
      if (outcome.kind !== 'refused') throw new Error(outcome.kind);
      waits.push((outcome.retryAt - at) / 1000);
      tick(outcome.retryAt - at);
      at = outcome.retryAt;
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300]);
  });
});

test('pull secrets that cannot be had are told once', async () => {
  const { settle, events } = setUp({ missing: ['a', 'b'] });
  await settle();
  expect(events).toContain(
    'FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (a, b); attempting to pull the image may not succeed.',
  );
});
