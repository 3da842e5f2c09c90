import type { Clock } from '../../../shared/logger.ts';
import type { PreflightCheck } from '../../../shared/api/machine.ts';
import { messageOf } from '../../../shared/api/errors.ts';
import type { Host } from '../host.ts';
import { PhaseError } from '../phase-error.ts';
import type { Findings } from './check.ts';
import { readDockerFacts, type DockerFacts } from './docker-facts.ts';
import { NoFacts, parseFacts, type HostFacts } from './facts.ts';
import { failureOf, judge, soften } from './judge.ts';
import { PREFLIGHT_SCRIPT } from './script.ts';

/** What preflight needs to know of the cluster. */
export type ClusterView = Omit<Findings, 'host' | 'docker' | 'clock'>;

export interface PreflightResult {
  checks: PreflightCheck[];
  host: HostFacts;
  docker: Extract<DockerFacts, { kind: 'answers' }>;
}

const SCRIPT_TIMEOUT_MS = 30_000;

/** Looks the machine over in one round trip (the script, and Docker beside it) and judges. Rejects with a PhaseError of `PreflightPassed`. */
export async function preflight(
  host: Host,
  cluster: ClusterView,
  clock: Clock,
  signal: AbortSignal,
): Promise<PreflightResult> {
  const sentAt = clock.now();
  const [script, docker] = await Promise.all([runScript(host, clock, signal), readDockerFacts(host.docker())]);
  // Half-way between question and answer, the machine read its clock half-way through its script.
  const askedAt = (sentAt + script.endedAt) / 2;
  const findings: Findings = {
    ...cluster,
    host: script.facts,
    docker,
    clock: { skewMs: script.facts.time - askedAt, uncertaintyMs: (script.endedAt - sentAt) / 2 },
  };
  const joined =
    docker.kind === 'answers' &&
    docker.containers.some((container) => container.cluster === cluster.clusterId && container.role === 'agent');
  const checks = soften(judge(findings), joined);
  const failure = failureOf(checks, docker.kind === 'silent' ? docker.message : script.output);
  if (failure) throw failure;
  // Not answering is a failure of the check docker-access, so that this is never reached without an answer.
  if (docker.kind === 'silent') throw new Error(docker.message);
  return { checks, host: script.facts, docker };
}

async function runScript(
  host: Host,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ facts: HostFacts; output: string; endedAt: number }> {
  try {
    const result = await host.exec('sh -s', { stdin: PREFLIGHT_SCRIPT, timeoutMs: SCRIPT_TIMEOUT_MS, signal });
    const endedAt = clock.now();
    const output = [result.stdout, result.stderr].filter((text) => text !== '').join('\n');
    try {
      return { facts: parseFacts(result.stdout), output, endedAt };
    } catch (error) {
      if (!(error instanceof NoFacts)) throw error;
      throw noShell(output, error);
    }
  } catch (error) {
    if (error instanceof PhaseError || signal.aborted) throw error;
    throw new PhaseError({
      phase: 'PreflightPassed',
      reason: 'CommandFailed',
      message: `A command could not be run on the machine: ${messageOf(error)}.`,
      output: messageOf(error),
      transient: true,
      cause: error,
    });
  }
}

/** Signed in, but the account has no shell (nologin, a forced command, an SFTP-only account). */
function noShell(output: string, cause: unknown): PhaseError {
  return new PhaseError({
    phase: 'PreflightPassed',
    reason: 'NoShell',
    message:
      'We are signed in, but this account does not run commands. Give it a shell such as /bin/sh, or sign in as another user.',
    output,
    cause,
  });
}
