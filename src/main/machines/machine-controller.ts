import type { Duplex } from 'node:stream';
import { isConflict, messageOf } from '../../shared/api/errors.ts';
import { MACHINES, NODES, SECRETS, type Node, type Secret } from '../../shared/api/kinds.ts';
import { MACHINE_FINALIZER, RETRY_ANNOTATION, SSH_SECRET_TYPE, type Machine } from '../../shared/api/machine.ts';
import { keyOf, nameOf } from '../../shared/api/meta.ts';
import { EventRecorder } from '../../shared/client/event-recorder.ts';
import { Informer } from '../../shared/client/informer.ts';
import { WorkQueue } from '../../shared/client/work-queue.ts';
import type { MachinesDeps } from './deps.ts';
import { MachineJoiner } from './machine-joiner.ts';
import { MachineRegistry } from './machine-registry.ts';
import { MachineRemover } from './machine-remover.ts';
import { nodeNameOf } from './node-name.ts';
import { holdMachine } from './remove/remove.ts';
import { StatusWriter } from './status-writer.ts';
import { TrackedMachine } from './tracked-machine.ts';

/** Machines that are worked on at once: a join is mostly waiting. */
const WORKERS = 16;

/** How long a connection has to answer after this computer woke up. */
const RESUME_TIMEOUT_MS = 5000;

/** The Secrets a Machine signs in with. */
function secretsOf(machine: Machine): string[] {
  const references = [machine.spec?.credentialRef, machine.spec?.jump?.credentialRef];
  return references.flatMap((reference) => (reference ? [`${reference.namespace}/${reference.name}`] : []));
}

/**
 * Keeps every Machine connected and installed, or says why not. Level-triggered: each look at a Machine starts from
 * its spec and from whether there is a live session; everything in between may be cut off at any line.
 */
export class MachineController {
  readonly #machines: Informer<Machine>;
  readonly #nodes: Informer<Node>;
  readonly #secrets: Informer<Secret>;
  readonly #queue: WorkQueue;
  readonly #tracked = new Map<string, TrackedMachine>();
  readonly #registry = new MachineRegistry();
  readonly #joiner: MachineJoiner;
  readonly #remover: MachineRemover;
  readonly #workers: Promise<void>[] = [];
  #stopping = false;

  constructor(private readonly deps: MachinesDeps) {
    const onError = (error: unknown): void => deps.log.warn({ err: error }, 'watching failed; trying again');
    this.#machines = new Informer(deps.client, MACHINES, { onError });
    this.#nodes = new Informer(deps.client, NODES, { onError });
    this.#secrets = new Informer(deps.client, SECRETS, { fieldSelector: `type=${SSH_SECRET_TYPE}`, onError });
    this.#queue = new WorkQueue(deps.clock, { baseMs: 1000, maxMs: 30_000 });
    const events = new EventRecorder(deps.client, {
      component: 'machine-controller',
      now: () => new Date(deps.clock.now()),
      onError,
    });
    const shared = { deps, nodes: this.#nodes, queue: this.#queue, registry: this.#registry, events };
    this.#joiner = new MachineJoiner(shared, () => this.#stopping);
    this.#remover = new MachineRemover(shared);
  }

  /** Resolves when the Machines are known and being worked on. */
  async start(): Promise<void> {
    await Promise.all([this.#machines.start(), this.#nodes.start()]);
    this.#machines.onDidChange(
      ({ object, type }) => {
        const name = nameOf(object);
        const tracked = this.#tracked.get(name);
        if (type === 'deleted') tracked?.cancel('the Machine is gone');
        else this.#interruptIfStale(object, tracked);
        this.#queue.add(name);
      },
      { replay: true },
    );
    this.#nodes.onDidChange(({ object }) => this.#enqueueNode(nameOf(object)));
    this.#secrets.onDidChange(({ object }) => this.#secretChanged(keyOf(object)));
    void this.#secrets.start();
    for (let index = 0; index < WORKERS; index += 1) this.#workers.push(this.#work());
  }

  /** Ends every connection; the machines go on by themselves. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const informer of [this.#machines, this.#nodes, this.#secrets]) informer.stop();
    this.#queue.close();
    for (const tracked of this.#tracked.values()) tracked.cancel('the app is stopping');
    await Promise.all(this.#workers);
    await Promise.all([...this.#tracked.values()].map((tracked) => tracked.disconnect()));
  }

  /** A byte stream to the API of a node's agent; rejects with a sentence when the machine is not connected. */
  async dial(nodeName: string): Promise<Duplex> {
    for (const { session } of this.#tracked.values()) {
      if (session?.nodeName === nodeName) return session.dial();
    }
    const machine = this.#machines.list().find((candidate) => nodeNameOf(candidate) === nodeName);
    if (!machine) throw new Error(`no machine of this cluster is the node ${nodeName}`);
    const problem = machine.status?.conditions?.find(({ status }) => status === 'False')?.message;
    throw new Error(`the machine ${nameOf(machine)} is not connected${problem ? `: ${problem}` : ''}`);
  }

  /**
   * After sleep: a connection that the other side has given up meanwhile would only be noticed by keepalive, 45 s later.
   * Every one is asked, and dropped when it does not answer; those that wait for their next try, try now.
   */
  resumed(): void {
    for (const [name, tracked] of this.#tracked) {
      const { session } = tracked;
      if (!session) {
        tracked.retryNow();
        this.#queue.add(name);
        continue;
      }
      session.host.exec('true', { timeoutMs: RESUME_TIMEOUT_MS }).catch((error: unknown) => {
        this.deps.log.info({ machine: name, error: messageOf(error) }, 'the connection did not survive');
        return session.close();
      });
    }
  }

  async #work(): Promise<void> {
    for (let name = await this.#queue.take(); name !== undefined; name = await this.#queue.take()) {
      try {
        await this.#reconcile(name);
        this.#queue.forget(name);
      } catch (error) {
        // A conflict only says that we looked at an old copy.
        if (!isConflict(error) && !this.#stopping) {
          this.deps.log.warn({ machine: name, err: error }, 'working on a machine failed; trying again');
        }
        this.#queue.retry(name);
      } finally {
        this.#queue.done(name);
      }
    }
  }

  async #reconcile(name: string): Promise<void> {
    const machine = this.#machines.get(name);
    if (!machine) return this.#forget(name);
    const tracked = this.#track(machine);
    if (machine.metadata?.deletionTimestamp) {
      if (machine.metadata.finalizers?.includes(MACHINE_FINALIZER)) await this.#remover.remove(machine, tracked);
      return;
    }
    if (!machine.metadata?.finalizers?.includes(MACHINE_FINALIZER)) {
      // The change comes back through the watch, and then the work begins.
      return holdMachine(this.deps.client, name);
    }
    await this.#joiner.ensureJoined(machine, this.#madeFrom(machine), tracked);
  }

  #track(machine: Machine): TrackedMachine {
    const name = nameOf(machine);
    const known = this.#tracked.get(name);
    if (known) return known;
    const onError = (error: unknown): void =>
      this.deps.log.warn({ machine: name, error: messageOf(error) }, 'writing the status failed');
    const tracked = new TrackedMachine(new StatusWriter(this.deps.client, name, machine.status ?? {}, onError));
    this.#tracked.set(name, tracked);
    return tracked;
  }

  async #forget(name: string): Promise<void> {
    const tracked = this.#tracked.get(name);
    this.#tracked.delete(name);
    this.#registry.release(name);
    await tracked?.disconnect();
  }

  /** Everything a join depends on, as one text: another text means another attempt. */
  #madeFrom(machine: Machine): string {
    const { uid, generation, annotations } = machine.metadata ?? {};
    return [uid, generation, annotations?.[RETRY_ANNOTATION] ?? ''].join('|');
  }

  /** An attempt from an older spec, or a join of what is now to be removed, is not worth finishing. */
  #interruptIfStale(machine: Machine, tracked: TrackedMachine | undefined): void {
    if (tracked?.attempting === undefined) return;
    const wanted = machine.metadata?.deletionTimestamp ? this.#remover.madeFrom(machine) : this.#madeFrom(machine);
    if (tracked.attempting !== wanted) tracked.cancel('the Machine has changed');
  }

  /** Other credentials: what failed for good before is worth another try. A live connection is left alone. */
  #secretChanged(key: string): void {
    for (const machine of this.#machines.values()) {
      if (!secretsOf(machine).includes(key)) continue;
      const tracked = this.#tracked.get(nameOf(machine));
      if (!tracked || tracked.session) continue;
      tracked.tryNow();
      this.#queue.add(nameOf(machine));
    }
  }

  #enqueueNode(nodeName: string): void {
    for (const [name, { session }] of this.#tracked) if (session?.nodeName === nodeName) this.#queue.add(name);
  }
}
