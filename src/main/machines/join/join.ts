import { readFile } from 'node:fs/promises';
import { messageOf } from '../../../shared/api/errors.ts';
import type { Node } from '../../../shared/api/kinds.ts';
import type { Machine, MachinePhase } from '../../../shared/api/machine.ts';
import type { Informer } from '../../../shared/client/informer.ts';
import type { MachinesDeps } from '../deps.ts';
import { dockerMessage } from '../docker-error.ts';
import { PATHS } from '../footprint.ts';
import type { Host } from '../host.ts';
import { readCertificate, renewalTime } from '../install/certificate.ts';
import { install, type Installed } from '../install/install.ts';
import { PhaseError } from '../phase-error.ts';
import { summaryOf } from '../preflight/judge.ts';
import { preflight, type ClusterView, type PreflightResult } from '../preflight/preflight.ts';
import { cleanHost } from '../remove/clean-host.ts';
import { connectMachine } from './connect.ts';
import { readinessOf, waitForNode } from './node-readiness.ts';
import type { JoinReport } from './report.ts';
import { Session } from './session.ts';
import { startFailure, waitForAgent } from './wait-for-agent.ts';

export interface JoinInput {
  machine: Machine;
  nodeName: string;
  /** Compared later to see whether the session is still what is wanted. */
  madeFrom: string;
  /** Told what the machine calls itself, before anything is installed; answers with the cluster around it. */
  clusterView(): ClusterView;
  /** Remembers the machine's identity, so that two that join at once can clash. */
  claim(identity: { hostname: string; machineId: string | undefined }): void;
  /** Written and on disk before the machine is changed: from here on there may be something of ours on it. */
  beginInstall(): Promise<void>;
  /** Everything of ours was taken away again. */
  undone(): Promise<void>;
}

/** An agent that is up registers within a second or two; a slow machine that pulls its first breath needs longer. */
const READY_TIMEOUT_MS = 60_000;

/**
 * The whole join, phase by phase. Resolves with a session; rejects with a PhaseError, the connection closed and, if
 * this attempt was the first to install anything, everything taken away again.
 */
export async function join(
  input: JoinInput,
  deps: MachinesDeps,
  nodes: Informer<Node>,
  report: JoinReport,
  signal: AbortSignal,
): Promise<Session> {
  report.begin();
  const host = await connectMachine(input.machine, deps, report, signal);
  try {
    report.working('PreflightPassed', 'Looking the machine over.');
    const found = await preflight(host, input.clusterView(), deps.clock, signal);
    input.claim(found.host);
    report.passed('PreflightPassed', 'ChecksPassed', summaryOf(found.checks), {
      preflight: found.checks,
      ...(found.host.address === undefined ? {} : { addresses: [found.host.address] }),
    });
    const installed = await installAgent(host, input, found, deps, report, signal);
    try {
      return await bringUp(host, input, found, installed, deps, nodes, report, signal);
    } catch (error) {
      throw installed.fresh ? await undo(host, error, input, deps, report) : error;
    }
  } catch (error) {
    await host.close();
    throw signal.aborted ? error : asPhaseError(error, report.phase);
  }
}

async function installAgent(
  host: Host,
  input: JoinInput,
  found: PreflightResult,
  deps: MachinesDeps,
  report: JoinReport,
  signal: AbortSignal,
): Promise<Installed> {
  const { artifacts } = deps;
  report.working('AgentInstalled', 'Comparing what is installed.');
  await input.beginInstall();
  const [agentImage, pauseImage, bundle] = await Promise.all([
    artifacts.agentImage(),
    artifacts.pauseImage(),
    artifacts.agentBundle(),
  ]);
  const { address, uid, mountShared } = found.host;
  const settings = {
    nodeName: input.nodeName,
    clusterId: deps.clusterId,
    apiServerName: deps.apiServerName,
    uid,
    pauseImage: pauseImage.reference,
    version: bundle.version,
    ...(address === undefined ? {} : { nodeIp: address }),
    clusterNetwork: deps.clusterNetwork,
    spec: input.machine.spec ?? { host: '' },
  };
  try {
    return await install(
      host,
      {
        settings,
        agentImage,
        pauseImage,
        mountShared,
        readBundle: () => readFile(bundle.path),
        issueCertificate: () => deps.issueNodeCertificate(input.nodeName),
      },
      deps,
      (message) => report.working('AgentInstalled', message),
      signal,
    );
  } catch (error) {
    const fresh = !found.docker.containers.some(({ role }) => role === 'agent');
    throw fresh ? await undo(host, error, input, deps, report) : error;
  }
}

async function bringUp(
  host: Host,
  input: JoinInput,
  found: PreflightResult,
  installed: Installed,
  deps: MachinesDeps,
  nodes: Informer<Node>,
  report: JoinReport,
  signal: AbortSignal,
): Promise<Session> {
  const { nodeName } = input;
  const { machineId } = found.host;
  await openTunnel(host, deps);
  await installed.start();
  const { version } = await deps.artifacts.agentBundle();
  report.passed('AgentInstalled', installed.changed ? 'Installed' : 'UpToDate', `Agent ${version} runs.`, {
    agentVersion: version,
  });
  report.working('NodeReady', 'Waiting for the node to be ready.');
  const readiness = (): ReturnType<typeof readinessOf> => readinessOf(nodes.get(nodeName), machineId);
  // A node that was here before shows its own readiness as it changes; only a new agent has to prove itself first.
  if (installed.changed) {
    await waitForAgent(host, READY_TIMEOUT_MS, deps.clock, signal);
    if (!(await waitForNode(nodes, () => readiness().status === 'True', READY_TIMEOUT_MS, signal))) {
      const seconds = READY_TIMEOUT_MS / 1000;
      const message = `The agent runs, but the node was not ready after ${seconds} s: ${readiness().message}`;
      throw await startFailure(host, 'NodeNotReady', message);
    }
  }
  const certificate = await readCertificate(host.docker());
  const renewAt = certificate === undefined ? deps.clock.now() : renewalTime(certificate);
  return new Session(host, nodeName, input.madeFrom, machineId, renewAt);
}

/** The way back: the agent's connections to the API arrive here through the SSH connection. */
export async function openTunnel(host: Host, deps: Pick<MachinesDeps, 'onApiConnection'>): Promise<void> {
  try {
    await host.listen(PATHS.apiSocket, deps.onApiConnection);
  } catch (error) {
    throw new PhaseError({
      phase: 'AgentInstalled',
      reason: 'TunnelRefused',
      message: `The SSH server would not open the way back to the API at ${PATHS.apiSocket}. Set \`AllowStreamLocalForwarding yes\` in its sshd_config (and no \`DisableForwarding yes\`), then \`systemctl reload ssh\`.`,
      output: messageOf(error),
      transient: true,
      cause: error,
    });
  }
}

/** Takes away what a first attempt has made, and gives the error to tell: what went wrong, and whether anything is left. */
async function undo(
  host: Host,
  error: unknown,
  input: JoinInput,
  deps: MachinesDeps,
  report: JoinReport,
): Promise<PhaseError> {
  const failure = asPhaseError(error, report.phase);
  try {
    const [agentImage, pauseImage] = await Promise.all([deps.artifacts.agentImage(), deps.artifacts.pauseImage()]);
    const clean = {
      clusterId: deps.clusterId,
      podCidr: deps.clusterNetwork.podCidr,
      agentImage,
      pauseImage,
      keepImages: true,
    };
    const left = await cleanHost(host.docker(), clean, () => undefined, new AbortController().signal);
    if (left.length > 0) throw new Error(`still there: ${left.join(', ')}`);
    await input.undone();
    return failure;
  } catch (problem) {
    return new PhaseError({
      phase: failure.phase,
      reason: failure.reason,
      message: `${failure.message} What was installed could not be removed: ${dockerMessage(problem)}. The next attempt, or removing the Machine, takes care of it.`,
      ...(failure.output === undefined ? {} : { output: failure.output }),
      transient: failure.transient,
      facts: failure.facts,
      cause: error,
    });
  }
}

/** Anything that is not a PhaseError happened to the phase under way: Docker's words, or a lost connection. */
export function asPhaseError(error: unknown, phase: MachinePhase): PhaseError {
  if (error instanceof PhaseError) return error;
  const said = dockerMessage(error);
  const lost =
    /not connected to|No response from server|socket hang up|ECONNRESET|EPIPE|did not answer in|Channel open failure/.test(
      messageOf(error),
    );
  return new PhaseError({
    phase,
    reason: lost ? 'ConnectionLost' : 'StepFailed',
    message: lost ? `The connection was lost during this step: ${said}.` : `${SENTENCES[phase]}: ${said}.`,
    output: messageOf(error),
    transient: lost,
    cause: error,
  });
}

const SENTENCES: Record<MachinePhase, string> = {
  Reachable: 'The machine could not be reached',
  HostKeyVerified: 'The host key could not be verified',
  Authenticated: 'Signing in failed',
  PreflightPassed: 'The machine could not be looked over',
  AgentInstalled: 'The agent could not be installed; Docker on the machine says',
  NodeReady: 'The node did not become ready',
};
