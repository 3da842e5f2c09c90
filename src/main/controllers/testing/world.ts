import { afterEach } from 'vitest';
import * as kinds from '../../../shared/api/kinds.ts';
import type { ResourceType } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { ApiClient } from '../../../shared/client/api-client.ts';
import { EventRecorder } from '../../../shared/client/event-recorder.ts';
import { SharedInformers } from '../../../shared/client/shared-informers.ts';
import type { Logger } from '../../../shared/logger.ts';
import { MemoryApi } from '../../../shared/testing/memory-api.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';

export const START = Date.parse('2026-01-01T00:00:00Z');

const TYPES: readonly ResourceType[] = [
  kinds.PODS,
  kinds.NODES,
  kinds.NAMESPACES,
  kinds.CONFIG_MAPS,
  kinds.SECRETS,
  kinds.SERVICE_ACCOUNTS,
  kinds.EVENTS,
  kinds.DEPLOYMENTS,
  kinds.REPLICA_SETS,
  kinds.LEASES,
  kinds.SERVICES,
  kinds.PERSISTENT_VOLUMES,
  kinds.PERSISTENT_VOLUME_CLAIMS,
  kinds.STORAGE_CLASSES,
  kinds.RESOURCE_QUOTAS,
  kinds.POD_DISRUPTION_BUDGETS,
  kinds.STATEFUL_SETS,
  kinds.REPLICATION_CONTROLLERS,
];

/** A clock that stands still until it is told. */
export class TestClock {
  constructor(private ms = START) {}
  now(): number {
    return this.ms;
  }
  advance(ms: number): void {
    this.ms += ms;
  }
}

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Controllers at work against an API server in memory. Everything started is stopped after the test. */
export class World {
  readonly clock = new TestClock();
  readonly api = new MemoryApi({ now: () => this.clock.now(), types: TYPES });
  readonly client = new ApiClient(this.api, 'test');
  readonly informers = new SharedInformers(new ApiClient(this.api, 'informers'), (error) => this.faults.push(error));
  /** Errors of informers and event recorders: none are expected. */
  readonly faults: unknown[] = [];
  readonly #running: RunningController[] = [];

  constructor() {
    afterEach(async () => {
      await Promise.all(this.#running.map((controller) => controller.stop()));
      this.informers.stop();
    });
  }

  async run(...makers: ((deps: ControllerDeps) => RunningController)[]): Promise<void> {
    const made = makers.map((make) => make(this.deps()));
    await this.informers.start();
    for (const controller of made) controller.start();
    this.#running.push(...made);
  }

  deps(): ControllerDeps {
    const events = new EventRecorder(this.client, {
      component: 'test',
      now: () => new Date(this.clock.now()),
      onError: (error) => this.faults.push(error),
    });
    return { client: this.client, events, informers: this.informers, clock: this.clock, log: silent };
  }

  /** Everything of a kind, as the server has it now. */
  async list<T extends KubeObject>(type: ResourceType<T>): Promise<T[]> {
    return (await this.client.list(type)).items;
  }

  /** `Reason message` of every event so far, in order. */
  async events(): Promise<string[]> {
    return (await this.list(kinds.EVENTS)).map((event) => `${event.reason ?? ''} ${event.message ?? ''}`);
  }

  /** Asks the server again and again until the answer will do; fails with the last answer. */
  async until<T>(what: string, ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
    let last: T | undefined;
    for (let turn = 0; turn < 4000; turn += 1) {
      last = await ask();
      if (good(last)) return last;
      await new Promise((resolve) => setTimeout(resolve, turn < 50 ? 0 : 1));
    }
    throw new Error(`waited in vain for ${what}; last seen: ${JSON.stringify(last, null, 1).slice(0, 4000)}`);
  }
}
