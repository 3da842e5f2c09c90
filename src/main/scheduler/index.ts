import { messageOf } from '../../shared/api/errors.ts';
import { NODES, PODS } from '../../shared/api/kinds.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { SharedInformers } from '../../shared/client/shared-informers.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { VolumeBinder } from './filters/volume-binder.ts';
import { volumeBinding } from './filters/volume-binding.ts';
import { volumeViewOf } from './filters/volume-view.ts';
import { Scheduler, SCHEDULER_DEFAULTS, SCHEDULER_NAME, type SchedulerOptions } from './scheduler.ts';

export interface SchedulerStartDeps {
  client: ApiClient;
  /** Shared with whoever else watches; started here, stopped by its owner. */
  informers: SharedInformers;
  clock: Clock;
  /** A number in [0, 1): decides between equally good nodes. */
  random: () => number;
  log: Logger;
}

/** Events are written by this many recorders side by side: one after another could not keep up with the bindings. */
const RECORDERS = 16;

/** Starts the scheduler; resolves when its caches are filled and it is at work. */
export async function startScheduler(
  deps: SchedulerStartDeps,
  options: SchedulerOptions = SCHEDULER_DEFAULTS,
): Promise<{ stop(): Promise<void> }> {
  const { client, informers, clock, random, log } = deps;
  const recorders = Array.from(
    { length: RECORDERS },
    () =>
      new EventRecorder(client, {
        component: SCHEDULER_NAME,
        now: () => new Date(clock.now()),
        onError: (error) => log.warn({ err: messageOf(error) }, 'writing an event failed'),
      }),
  );
  const taken = new Set<string>();
  const view = volumeViewOf(informers, taken);
  const scheduler = new Scheduler(
    {
      client,
      volumes: { filter: volumeBinding(view), binder: new VolumeBinder({ client, view, taken }) },
      clock,
      random,
      log,
      record: (pod, ...event) => {
        const recorder = recorders[hash(pod.metadata?.uid ?? '') % RECORDERS];
        recorder?.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, ...event);
      },
    },
    options,
  );
  const nodes = informers.of(NODES);
  const pods = informers.of(PODS);
  await informers.start();
  // Nodes first: a pod is then never found to fit nowhere only because its node was not known yet.
  const detach = [
    nodes.onDidChange((change) => scheduler.onNode(change), { replay: true }),
    pods.onDidChange((change) => scheduler.onPod(change), { replay: true }),
    view.onChange(() => scheduler.onVolumes()),
  ];
  scheduler.start();
  return {
    stop: async () => {
      for (const end of detach) end();
      await scheduler.stop();
      await Promise.all(recorders.map((recorder) => recorder.flush()));
    },
  };
}

/** The same pod's events go to the same recorder, so they stay in order and are counted together. */
function hash(uid: string): number {
  let value = 0;
  for (let index = 0; index < uid.length; index += 1) value = (value * 31 + uid.charCodeAt(index)) >>> 0;
  return value;
}
