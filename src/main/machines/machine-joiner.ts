import { messageOf } from '../../shared/api/errors.ts';
import type { Machine } from '../../shared/api/machine.ts';
import { nameOf } from '../../shared/api/meta.ts';
import { asPhaseError, join, type JoinInput } from './join/join.ts';
import { JoinReport } from './join/report.ts';
import type { Session } from './join/session.ts';
import { nodeNameOf } from './node-name.ts';
import { PhaseError } from './phase-error.ts';
import { reconnectDelayMs } from './reconnect.ts';
import { forgetNode } from './remove/remove.ts';
import { SessionKeeper } from './session-keeper.ts';
import { regarding, type SharedParts } from './shared-parts.ts';
import type { TrackedMachine } from './tracked-machine.ts';

/** Brings a Machine to a live session, and keeps it there. */
export class MachineJoiner {
  readonly #keeper: SessionKeeper;

  constructor(
    private readonly parts: SharedParts,
    private readonly isStopping: () => boolean,
  ) {
    this.#keeper = new SessionKeeper(parts);
  }

  /** One look at a Machine that is not being deleted. `madeFrom` names everything the join depends on. */
  async ensureJoined(machine: Machine, madeFrom: string, tracked: TrackedMachine): Promise<void> {
    const name = nameOf(machine);
    if (tracked.session && tracked.session.madeFrom !== madeFrom) await tracked.disconnect();
    if (!tracked.session) {
      if (tracked.failedFrom === madeFrom) return;
      const wait = tracked.waitMs(madeFrom, this.parts.deps.clock.now());
      if (wait > 0) return this.parts.queue.addAfter(name, wait);
      if (!(await this.#attempt(machine, madeFrom, tracked))) return;
    }
    if (tracked.session) await this.#keeper.maintain(machine, tracked, tracked.session);
  }

  /** One attempt; false when it failed or was interrupted. The status tells the rest. */
  async #attempt(machine: Machine, madeFrom: string, tracked: TrackedMachine): Promise<boolean> {
    const { deps, nodes } = this.parts;
    const name = nameOf(machine);
    const report = new JoinReport(tracked.writer, deps.clock, machine.metadata?.generation);
    let interrupted = false;
    try {
      const session = await tracked.attempt(madeFrom, async (signal) => {
        signal.addEventListener('abort', () => (interrupted = true), { once: true });
        refuseRename(machine, tracked);
        return join(this.#input(machine, madeFrom, tracked), deps, nodes, report, signal);
      });
      tracked.succeeded(session);
      session.host.onDidClose((reason) => this.#lost(machine, tracked, session, reason));
      const { lastConnectedTime } = tracked.writer.current;
      report.learnt({ lastConnectedTime: new Date(deps.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z') });
      const message = `The machine ${lastConnectedTime === undefined ? 'has joined' : 'is connected again'} as node ${session.nodeName}.`;
      this.parts.events.event(
        regarding(machine),
        'Normal',
        lastConnectedTime === undefined ? 'Joined' : 'Connected',
        message,
      );
      return true;
    } catch (error) {
      // What interrupted it (a change, a deletion, the end of the app) has queued the next look.
      if (interrupted) return false;
      this.#failed(machine, madeFrom, tracked, report, asPhaseError(error, report.phase));
      deps.log.info({ machine: name, phase: report.phase, error: messageOf(error) }, 'a machine could not be joined');
      return false;
    } finally {
      await tracked.writer.flush();
    }
  }

  #input(machine: Machine, madeFrom: string, tracked: TrackedMachine): JoinInput {
    const { deps, nodes, registry } = this.parts;
    const name = nameOf(machine);
    const nodeName = nodeNameOf(machine);
    return {
      machine,
      nodeName,
      madeFrom,
      clusterView: () => ({
        nodeName,
        nodeNameChosen: machine.spec?.nodeName !== undefined,
        neighbours: registry.neighboursOf(name, nodeName, nodes.values()),
        clusterId: deps.clusterId,
        podCidr: deps.clusterNetwork.podCidr,
        serviceCidr: deps.clusterNetwork.serviceCidr,
        imageArchitecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      }),
      claim: ({ hostname, machineId }) =>
        registry.claim(name, { name: nodeName, hostname, ...(machineId ? { machineId } : {}) }),
      beginInstall: async () => {
        tracked.writer.update((status) => ({ ...status, nodeName }));
        await tracked.writer.flush();
      },
      undone: async () => {
        await forgetNode(deps.client, nodeName);
        tracked.writer.update(({ nodeName: _gone, agentVersion: _version, ...status }) => status);
      },
    };
  }

  #failed(machine: Machine, madeFrom: string, tracked: TrackedMachine, report: JoinReport, failure: PhaseError): void {
    // What never became a machine of the cluster must not keep its hostname from another.
    if (tracked.writer.current.nodeName === undefined) this.parts.registry.release(nameOf(machine));
    report.failed(failure);
    const waiting = failure.reason === 'AwaitingConsent';
    const type = waiting ? 'Normal' : 'Warning';
    // As the report cleaned it: secrets are not for events either.
    const told = tracked.writer.current.conditions?.find((condition) => condition.type === failure.phase)?.message;
    this.parts.events.event(regarding(machine), type, failure.reason, told ?? failure.phase);
    if (failure.transient) this.#retryLater(machine, madeFrom, tracked);
    else tracked.failedFrom = madeFrom;
  }

  /** The connection ended by itself. */
  #lost(machine: Machine, tracked: TrackedMachine, session: Session, reason: Error): void {
    if (tracked.session !== session || this.isStopping()) return;
    tracked.session = undefined;
    const { deps, events } = this.parts;
    const report = new JoinReport(tracked.writer, deps.clock, machine.metadata?.generation);
    const message = `The connection was lost (${reason.message}). The machine goes on with what it runs; connecting again.`;
    report.failed(new PhaseError({ phase: 'Reachable', reason: 'ConnectionLost', message, transient: true }));
    events.event(regarding(machine), 'Warning', 'Disconnected', message);
    this.#retryLater(machine, session.madeFrom, tracked);
  }

  #retryLater(machine: Machine, madeFrom: string, tracked: TrackedMachine): void {
    const { deps, queue } = this.parts;
    const wait = reconnectDelayMs(tracked.failures, deps.random());
    tracked.retryLater(madeFrom, deps.clock.now() + wait);
    queue.addAfter(nameOf(machine), wait);
  }
}

/** A node cannot change its name: the old Node, and all that is bound to it, would be left behind. */
function refuseRename(machine: Machine, tracked: TrackedMachine): void {
  const installedAs = tracked.writer.current.nodeName;
  if (installedAs === undefined || installedAs === nodeNameOf(machine)) return;
  throw new PhaseError({
    phase: 'AgentInstalled',
    reason: 'NodeNameChanged',
    message: `The machine is the node ${installedAs}; a node cannot be renamed. Set spec.nodeName back to it, or delete the Machine and add it again.`,
  });
}
