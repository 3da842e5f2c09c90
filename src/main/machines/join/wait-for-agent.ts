import { delay } from '../../../shared/client/backoff.ts';
import type { Clock } from '../../../shared/logger.ts';
import { tailOf } from '../docker-logs.ts';
import { AGENT_CONTAINER } from '../../../shared/agent-config.ts';
import { PATHS } from '../footprint.ts';
import { ChannelRefused, type Host } from '../host.ts';
import { PhaseError } from '../phase-error.ts';

const POLL_MS = 150;
/** Docker restarts it at once, then after 100 ms doubling: the third end is no accident any more. */
const RESTARTS_THAT_TELL = 3;
/** Lines of the agent's log that are shown. */
const LOG_LINES = 60;

/**
 * Resolves when the agent that was just started answers on its socket. Rejects with a PhaseError that carries what the
 * agent wrote, as soon as it is clear that it keeps ending, or when the time is over.
 */
export async function waitForAgent(host: Host, timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    if (await answers(host)) return;
    const { State, RestartCount } = await host.docker().getContainer(AGENT_CONTAINER).inspect();
    if (RestartCount >= RESTARTS_THAT_TELL) {
      throw await startFailure(host, 'AgentCrashing', `The agent ends again and again (exit code ${State.ExitCode}).`);
    }
    if (clock.now() >= deadline) {
      throw await startFailure(host, 'AgentSilent', `The agent did not answer in ${timeoutMs / 1000} s.`);
    }
    await delay(POLL_MS, signal);
  }
}

async function answers(host: Host): Promise<boolean> {
  try {
    (await host.dial(PATHS.agentSocket)).destroy();
    return true;
  } catch (error) {
    if (error instanceof ChannelRefused && error.why === 'unreachable') return false;
    throw error;
  }
}

/** A failure of the node's start, with the end of the agent's log. */
export async function startFailure(host: Host, reason: string, message: string): Promise<PhaseError> {
  return new PhaseError({
    phase: 'NodeReady',
    reason,
    message: `${message} What it wrote is shown below.`,
    output: await tailOf(host.docker(), AGENT_CONTAINER, LOG_LINES),
  });
}
