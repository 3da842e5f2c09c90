import { messageOf } from '../../shared/api/errors.ts';
import type { Machine, MachineStatus } from '../../shared/api/machine.ts';
import { nameOf } from '../../shared/api/meta.ts';
import { dockerMessage, statusCodeOf } from './docker-error.ts';
import { AGENT_CONTAINER } from '../../shared/agent-config.ts';
import { renewalTime, replaceCertificate } from './install/certificate.ts';
import { readinessOf, type NodeReadiness } from './join/node-readiness.ts';
import type { Session } from './join/session.ts';
import type { SharedParts } from './shared-parts.ts';
import { withCondition } from './status.ts';
import type { TrackedMachine } from './tracked-machine.ts';

/** How often a healthy machine's agent is looked at; a node that is not ready is looked at sooner. */
const CHECK_INTERVAL_MS = 5 * 60_000;
const UNREADY_INTERVAL_MS = 10_000;

/** Looks after a machine that is connected: its agent, its certificate, and what its Node says. */
export class SessionKeeper {
  constructor(private readonly parts: SharedParts) {}

  async maintain(machine: Machine, tracked: TrackedMachine, session: Session): Promise<void> {
    const { deps, nodes, queue } = this.parts;
    const readiness = readinessOf(nodes.get(session.nodeName), session.machineId);
    const now = deps.clock.now();
    const healthy = readiness.status === 'True';
    let problem: string | undefined;
    if (!healthy || now - session.checkedAt >= CHECK_INTERVAL_MS) {
      session.checkedAt = now;
      problem = await this.#checkAgent(machine, tracked, session);
      if (tracked.session !== session) return;
    }
    if (now >= session.renewAt) await this.#renewCertificate(machine, session);
    this.#show(machine, tracked, problem === undefined ? readiness : { ...readiness, message: problem });
    await tracked.writer.flush();
    const next = healthy ? Math.min(CHECK_INTERVAL_MS, session.renewAt - now) : UNREADY_INTERVAL_MS;
    queue.addAfter(nameOf(machine), Math.max(next, 1000));
  }

  /** Starts an agent that was stopped, has a removed one installed again, and otherwise gives what is wrong in a sentence. */
  async #checkAgent(machine: Machine, tracked: TrackedMachine, session: Session): Promise<string | undefined> {
    const container = session.host.docker().getContainer(AGENT_CONTAINER);
    try {
      const { State } = await container.inspect();
      if (State.Running || State.Restarting) return undefined;
      await container.start();
      return 'The agent was stopped; it was started again.';
    } catch (error) {
      if (statusCodeOf(error) === 404) {
        this.parts.deps.log.warn({ machine: nameOf(machine) }, 'the agent was removed; installing it again');
        await tracked.disconnect();
        this.parts.queue.add(nameOf(machine));
        return undefined;
      }
      return `Docker on the machine does not answer: ${dockerMessage(error)}.`;
    }
  }

  /** Through the channel, while the agent runs: so that an expired certificate can always be replaced, too. */
  async #renewCertificate(machine: Machine, session: Session): Promise<void> {
    const { deps } = this.parts;
    try {
      const issued = await deps.issueNodeCertificate(session.nodeName);
      await replaceCertificate(session.host.docker(), issued, deps.clock);
      session.renewAt = renewalTime(issued.certificate);
      deps.log.info({ machine: nameOf(machine) }, 'node certificate renewed');
    } catch (error) {
      // There is a third of its life left to try again in.
      session.renewAt = deps.clock.now() + CHECK_INTERVAL_MS;
      deps.log.warn({ machine: nameOf(machine), error: messageOf(error) }, 'renewing the node certificate failed');
    }
  }

  #show(machine: Machine, tracked: TrackedMachine, { status, reason, message }: NodeReadiness): void {
    const now = new Date(this.parts.deps.clock.now());
    const phase: NonNullable<MachineStatus['phase']> =
      status === 'True' ? 'Ready' : status === 'False' ? 'Failed' : 'Disconnected';
    tracked.writer.update((before) => {
      // What a failed attempt said is history once the node is ready.
      const { lastOutput, ...rest } = before;
      const kept = status === 'True' || lastOutput === undefined ? rest : { ...rest, lastOutput };
      const change = { type: 'NodeReady', status, reason, message } as const;
      return { ...withCondition(kept, change, now, machine.metadata?.generation), phase };
    });
  }
}
