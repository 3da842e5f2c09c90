import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { inParallel } from './clients.ts';
import { Latencies } from './latencies.ts';

/** What a pod of ours costs Docker: a pause container without a network, and a container that shares its namespaces. */
export interface BareDocker {
  /** Times `count` such pairs by `workers` callers, then removes them. Resolves with the times and the seconds of all. */
  start(count: number, workers: number): Promise<{ each: Latencies; seconds: number }>;
}

/** Starts sandbox and container with nothing of ours in between. Both images must be on the machine. */
export function bareDocker(docker: Docker, pauseImage: string, image: string, command: string[]): BareDocker {
  const started: string[] = [];
  const pair = async (): Promise<void> => {
    const sandbox = await docker.createContainer({
      name: `bench-${randomUUID()}`,
      Image: pauseImage,
      HostConfig: { NetworkMode: 'none', IpcMode: 'shareable', LogConfig: { Type: 'none', Config: {} } },
    });
    started.push(sandbox.id);
    await sandbox.start();
    const namespaces = `container:${sandbox.id}`;
    const container = await docker.createContainer({
      name: `bench-${randomUUID()}`,
      Image: image,
      Entrypoint: command,
      HostConfig: { NetworkMode: namespaces, IpcMode: namespaces },
    });
    started.push(container.id);
    await container.start();
  };
  return {
    start: async (count, workers) => {
      const each = new Latencies();
      const begun = performance.now();
      const seconds = await inParallel(workers, count, async () => {
        // Asked for together, as pods are: waiting for a worker is part of the time when there are fewer of them.
        const startedAt = workers === 1 ? performance.now() : begun;
        await pair();
        each.add(performance.now() - startedAt);
      });
      const ids = started.splice(0).reverse();
      await inParallel(4, ids.length, (index) => docker.getContainer(ids[index] ?? '').remove({ force: true }));
      return { each, seconds };
    },
  };
}
