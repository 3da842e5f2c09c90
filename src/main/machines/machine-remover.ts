import { messageOf } from '../../shared/api/errors.ts';
import { FORCE_REMOVE_ANNOTATION, RETRY_ANNOTATION, type Machine } from '../../shared/api/machine.ts';
import { nameOf } from '../../shared/api/meta.ts';
import { dockerMessage } from './docker-error.ts';
import type { Host } from './host.ts';
import { connectMachine } from './join/connect.ts';
import { openTunnel } from './join/join.ts';
import { JoinReport } from './join/report.ts';
import { Session } from './join/session.ts';
import { PhaseError } from './phase-error.ts';
import { reconnectDelayMs } from './reconnect.ts';
import { forgetNode, isForced, LeftBehind, releaseMachine, vacate } from './remove/remove.ts';
import { regarding, type SharedParts } from './shared-parts.ts';
import { withCondition } from './status.ts';
import type { TrackedMachine } from './tracked-machine.ts';

/** Takes a Machine that is being deleted off its host and out of the cluster, then lets it go. */
export class MachineRemover {
  constructor(private readonly parts: SharedParts) {}

  /** Everything a removal depends on: another text interrupts the one under way. */
  madeFrom(machine: Machine): string {
    const { uid, generation, annotations } = machine.metadata ?? {};
    return ['removal', uid, generation, annotations?.[RETRY_ANNOTATION] ?? '', isForced(machine)].join('|');
  }

  async remove(machine: Machine, tracked: TrackedMachine): Promise<void> {
    const { deps, queue } = this.parts;
    const { nodeName } = tracked.writer.current;
    // No node name: nothing of ours ever came onto the machine, or all of it was taken away again.
    if (nodeName === undefined) return this.#release(machine, tracked);
    if (isForced(machine)) {
      await tracked.disconnect();
      await forgetNode(deps.client, nodeName);
      this.parts.events.event(
        regarding(machine),
        'Warning',
        'RemovedByForce',
        'Removed without cleaning the machine: what Wheelhouse installed there is still on it.',
      );
      return this.#release(machine, tracked);
    }
    const madeFrom = this.madeFrom(machine);
    const wait = tracked.waitMs(madeFrom, deps.clock.now());
    if (wait > 0) return queue.addAfter(nameOf(machine), wait);
    let interrupted = false;
    try {
      await tracked.attempt(madeFrom, async (signal) => {
        signal.addEventListener('abort', () => (interrupted = true), { once: true });
        this.#tell(machine, tracked, 'Unknown', 'Draining', 'Removing the machine from the cluster.');
        const host = await this.#hostOf(machine, nodeName, tracked, signal);
        const progress = (message: string): void => this.#tell(machine, tracked, 'Unknown', 'InProgress', message);
        await vacate(host, nodeName, deps, progress, signal);
      });
    } catch (error) {
      if (!interrupted) this.#failed(machine, madeFrom, tracked, error);
      return;
    } finally {
      await tracked.writer.flush();
    }
    await tracked.disconnect();
    await forgetNode(deps.client, nodeName);
    this.parts.events.event(regarding(machine), 'Normal', 'Removed', 'Everything of ours is gone from the machine.');
    await this.#release(machine, tracked);
  }

  /** The live connection, or a new one: with the way back to the API, so that the agent can end its pods in order. */
  async #hostOf(machine: Machine, nodeName: string, tracked: TrackedMachine, signal: AbortSignal): Promise<Host> {
    if (tracked.session) return tracked.session.host;
    const { deps } = this.parts;
    const report = new JoinReport(tracked.writer, deps.clock, machine.metadata?.generation);
    const host = await connectMachine(machine, deps, report, signal);
    const session = new Session(host, nodeName, this.madeFrom(machine), undefined, Infinity);
    tracked.session = session;
    host.onDidClose(() => {
      if (tracked.session === session) tracked.session = undefined;
    });
    try {
      await openTunnel(host, deps);
    } catch (error) {
      // An earlier removal may have taken the folder away already: then there is no agent to wait for either.
      deps.log.debug({ machine: nameOf(machine), error: messageOf(error) }, 'no way back to the API while removing');
    }
    return host;
  }

  #failed(machine: Machine, madeFrom: string, tracked: TrackedMachine, error: unknown): void {
    const { deps, queue, events } = this.parts;
    const { reason, message } = explain(machine, error);
    this.#tell(machine, tracked, 'False', reason, message);
    events.event(regarding(machine), 'Warning', reason, message);
    const wait = reconnectDelayMs(tracked.failures, deps.random());
    tracked.retryLater(madeFrom, deps.clock.now() + wait);
    queue.addAfter(nameOf(machine), wait);
  }

  #tell(machine: Machine, tracked: TrackedMachine, status: 'False' | 'Unknown', reason: string, message: string): void {
    const now = new Date(this.parts.deps.clock.now());
    const change = { type: 'Removed', status, reason, message } as const;
    tracked.writer.update((before) => ({
      ...withCondition(before, change, now, machine.metadata?.generation),
      phase: 'Removing',
    }));
  }

  async #release(machine: Machine, tracked: TrackedMachine): Promise<void> {
    await tracked.disconnect();
    await releaseMachine(this.parts.deps.client, nameOf(machine));
  }
}

function explain(machine: Machine, error: unknown): { reason: string; message: string } {
  const force = `If the machine will not come back, remove it without cleaning it: \`kubectl annotate machine ${nameOf(machine)} ${FORCE_REMOVE_ANNOTATION}=true\`.`;
  if (error instanceof PhaseError) {
    return {
      reason: 'MachineUnreachable',
      message: `The machine cannot be cleaned, because it cannot be signed in to: ${error.message} It is tried again. ${force}`,
    };
  }
  if (error instanceof LeftBehind) {
    return {
      reason: 'LeftBehind',
      message: `Not everything could be taken away: ${error.left.join(', ')}. It is tried again.`,
    };
  }
  return {
    reason: 'CleanupFailed',
    message: `Cleaning the machine failed: ${dockerMessage(error)}. It is tried again. ${force}`,
  };
}
