import { existsSync } from 'node:fs';
import type Docker from 'dockerode';
import type { ContainerCreateOptions, ContainerInfo } from 'dockerode';
import { dockerStatus } from './docker-error.ts';
import { toObservedContainer, toObservedSandbox } from './inspected.ts';
import { LABELS } from './labels.ts';
import type { ObservedContainer, ObservedPod, ObservedSandbox } from './observed.ts';
import { Semaphore } from './semaphore.ts';

/**
 * More starts at once make none faster: on two cores five pods a second start, however many are tried together.
 */
const STARTS_AT_ONCE = 4;

/**
 * Docker's socket as the machine has it now. The way through PID 1 finds the new socket after dockerd was restarted,
 * while a bind-mounted socket file would still be the old one.
 */
export function dockerSocketPath(): string {
  return (
    ['/proc/1/root/run/docker.sock', '/var/run/docker.sock'].find((path) => existsSync(path)) ?? '/var/run/docker.sock'
  );
}

/** The pods' containers in Docker: finds them by label, makes, starts, signals and removes them. */
export class DockerRuntime {
  readonly #starts = new Semaphore(STARTS_AT_ONCE);
  /** Inspections of containers in a state in which nothing about them changes. */
  readonly #inspected = new Map<string, { state: string; container?: ObservedContainer; sandbox?: ObservedSandbox }>();
  /** Cleared for good once this machine has refused a negative value (some lack CAP_SYS_RESOURCE). */
  #negativeOomScore = true;

  constructor(
    readonly docker: Docker,
    readonly clusterId: string,
  ) {}

  /** Every pod of this cluster that has a container on the machine, by uid. */
  async observeAll(): Promise<Map<string, ObservedPod>> {
    const infos = await this.#list([]);
    const known = new Set(infos.map((info) => info.Id));
    for (const id of this.#inspected.keys()) if (!known.has(id)) this.#inspected.delete(id);
    return this.#group(infos);
  }

  async observe(uid: string): Promise<ObservedPod | undefined> {
    return (await this.#group(await this.#list([`${LABELS.podUid}=${uid}`]))).get(uid);
  }

  /**
   * Something has happened to a container: look at it itself the next time. Docker's list lags behind its events by some
   * milliseconds, and would still call running what has just died.
   */
  invalidate(id: string): void {
    this.#inspected.delete(id);
  }

  /** Makes a container and returns its id. A leftover that has its name is removed first. */
  async create(spec: ContainerCreateOptions): Promise<string> {
    const options = this.#withOomScore(spec);
    try {
      return (await this.docker.createContainer(options)).id;
    } catch (error) {
      if (dockerStatus(error) !== 409 || !spec.name) throw error;
      // Made just before the agent died, or half removed: nothing else uses names with a pod's uid.
      await this.remove(spec.name);
      return (await this.docker.createContainer(options)).id;
    }
  }

  /**
   * Creates and starts, taking one of the few slots for starts; `beforeStart` hears the id in between. Containers go
   * before sandboxes: of many pods at once the first are complete early, rather than all of them late.
   */
  createAndStart(spec: ContainerCreateOptions, beforeStart?: (id: string) => void): Promise<string> {
    const urgent = spec.Labels?.[LABELS.role] === 'container';
    return this.#starts.run(
      async () => {
        const id = await this.create(spec);
        beforeStart?.(id);
        try {
          await this.docker.getContainer(id).start();
          return id;
        } catch (error) {
          if (!this.#negativeOomScore || (spec.HostConfig?.OomScoreAdj ?? 0) >= 0) throw error;
          // Perhaps only the score was refused, for which there is no error code: another try without tells.
          await this.remove(id);
          const again = await this.create({ ...spec, HostConfig: { ...spec.HostConfig, OomScoreAdj: 0 } });
          await this.docker.getContainer(again).start();
          this.#negativeOomScore = false;
          return again;
        }
      },
      { urgent },
    );
  }

  /** Sends a signal; a container that has ended meanwhile is no error. */
  async signal(id: string, signal: string): Promise<void> {
    try {
      await this.docker.getContainer(id).kill({ signal });
    } catch (error) {
      if (![404, 409].includes(dockerStatus(error) ?? 0)) throw error;
    }
  }

  /** Removes a container, running or not, with its anonymous volumes; one that is gone or going is no error. */
  async remove(id: string): Promise<void> {
    try {
      await this.docker.getContainer(id).remove({ force: true, v: true });
    } catch (error) {
      if (![404, 409].includes(dockerStatus(error) ?? 0)) throw error;
    }
    this.#inspected.delete(id);
  }

  #list(labels: string[]): Promise<ContainerInfo[]> {
    const filters = { label: [`${LABELS.cluster}=${this.clusterId}`, ...labels] };
    return this.docker.listContainers({ all: true, filters });
  }

  async #group(infos: ContainerInfo[]): Promise<Map<string, ObservedPod>> {
    const pods = new Map<string, ObservedPod>();
    for (const info of infos) {
      const uid = info.Labels[LABELS.podUid];
      const role = info.Labels[LABELS.role];
      if (!uid || (role !== 'sandbox' && role !== 'container') || info.State === 'removing') continue;
      const found = await this.#inspect(info);
      if (!found) continue;
      const pod = pods.get(uid) ?? {
        uid,
        name: info.Labels[LABELS.podName] ?? '',
        namespace: info.Labels[LABELS.podNamespace] ?? '',
        sandboxes: [],
        containers: [],
      };
      if (found.sandbox) pod.sandboxes.push(found.sandbox);
      if (found.container) pod.containers.push(found.container);
      pods.set(uid, pod);
    }
    for (const pod of pods.values()) {
      pod.sandboxes.sort((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt);
      pod.containers.sort((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt);
    }
    return pods;
  }

  async #inspect(
    info: ContainerInfo,
  ): Promise<{ container?: ObservedContainer; sandbox?: ObservedSandbox } | undefined> {
    const cached = this.#inspected.get(info.Id);
    if (cached?.state === info.State) return cached;
    try {
      const inspection = await this.docker.getContainer(info.Id).inspect();
      const found =
        info.Labels[LABELS.role] === 'sandbox'
          ? { sandbox: toObservedSandbox(inspection) }
          : { container: toObservedContainer(inspection) };
      // A created container changes without its state changing: its start may fail.
      if (inspection.State.Status === info.State && info.State !== 'created') {
        this.#inspected.set(info.Id, { state: info.State, ...found });
      }
      return found;
    } catch (error) {
      if (dockerStatus(error) === 404) return undefined;
      throw error;
    }
  }

  #withOomScore(spec: ContainerCreateOptions): ContainerCreateOptions {
    if (this.#negativeOomScore || (spec.HostConfig?.OomScoreAdj ?? 0) >= 0) return spec;
    return { ...spec, HostConfig: { ...spec.HostConfig, OomScoreAdj: 0 } };
  }
}
