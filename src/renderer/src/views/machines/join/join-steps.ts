import type { Condition } from '../../../../../shared/api/meta.ts';
import { MACHINE_PHASES, type Machine, type MachinePhase } from '../../../../../shared/api/machine.ts';
import type { StateKind } from '../../../../../shared/view/rows.ts';

/** `consent` waits for the user; `pending` waits for the step before. */
export type StepState = 'done' | 'running' | 'consent' | 'failed' | 'pending';

export interface JoinStep {
  phase: MachinePhase;
  label: string;
  /** What it does, for someone who joins a machine for the first time. */
  purpose: string;
  state: StepState;
  reason: string;
  message: string;
}

const LABEL: Record<MachinePhase, [label: string, purpose: string]> = {
  Reachable: ['Reach', 'Finds the machine and its SSH server.'],
  HostKeyVerified: ['Host key', 'Makes sure it is the machine you mean before anything secret is sent.'],
  Authenticated: ['Sign in', 'Signs in with the key, the agent or the password.'],
  PreflightPassed: ['Check', 'Looks whether the machine has what a Node needs.'],
  AgentInstalled: ['Install', 'Sends the node agent and starts it as one container on Docker.'],
  NodeReady: ['Ready', 'Waits until the Node reports that it can run Pods.'],
};

export const STEP_MARK: Record<StepState, StateKind> = {
  done: 'healthy',
  running: 'working',
  consent: 'waiting',
  failed: 'failing',
  pending: 'unknown',
};

export const STEP_WORD: Record<StepState, string> = {
  done: 'Done',
  running: 'Under way',
  consent: 'Waits for you',
  failed: 'Failed',
  pending: 'Not yet',
};

/** The steps of joining, in order, as the conditions tell them. A Machine nobody has looked at yet is about to be reached. */
export function joinSteps(machine: Machine): JoinStep[] {
  const conditions = machine.status?.conditions ?? [];
  const known = conditions.some((condition) => MACHINE_PHASES.some((phase) => phase === condition.type));
  return MACHINE_PHASES.map((phase, index) => {
    const condition = conditions.find((one) => one.type === phase);
    const [label, purpose] = LABEL[phase];
    const state = known ? stateOf(condition) : index === 0 ? 'running' : 'pending';
    return {
      phase,
      label,
      purpose,
      state,
      reason: condition?.reason ?? '',
      message: state === 'pending' ? '' : (condition?.message ?? ''),
    };
  });
}

function stateOf(condition: Condition | undefined): StepState {
  if (condition?.status === 'True') return 'done';
  if (condition?.status === 'False') return condition.reason === 'AwaitingConsent' ? 'consent' : 'failed';
  return condition?.reason === 'InProgress' ? 'running' : 'pending';
}

/** The step that everything waits for: the first that is not done; undefined once all are. */
export function currentStep(steps: readonly JoinStep[]): JoinStep | undefined {
  return (
    steps.find((step) => step.state !== 'done' && step.state !== 'pending') ??
    steps.find((step) => step.state !== 'done')
  );
}

/** A host key that is to be agreed to, or that is not the one that was. */
export interface HostKeyQuestion {
  /** Whose key it is. */
  of: 'machine' | 'jump';
  host: string;
  port: number;
  fingerprint: string;
  /** The one that was agreed to before; absent for a key seen for the first time. */
  expected?: string;
}

const FINGERPRINT = /SHA256:[A-Za-z0-9+/]{43}/g;

/**
 * The question the host key step asks; null while it asks none. The status has a field for the machine's own key; of
 * a jump host only the message tells it.
 */
export function hostKeyQuestion(machine: Machine): HostKeyQuestion | null {
  const step = joinSteps(machine).find((one) => one.phase === 'HostKeyVerified');
  const { spec, status } = machine;
  if (!spec || !step || (step.reason !== 'AwaitingConsent' && step.reason !== 'HostKeyChanged')) return null;
  const told = step.message.match(FINGERPRINT) ?? [];
  const of = spec.jump && step.message.includes('spec.jump.hostKeySha256') ? 'jump' : 'machine';
  const at = of === 'jump' && spec.jump ? spec.jump : spec;
  const fingerprint = (of === 'machine' ? status?.observedHostKeySha256 : undefined) ?? told[0];
  if (fingerprint === undefined) return null;
  const expected = at.hostKeySha256 ?? told.find((one) => one !== fingerprint);
  return {
    of,
    host: at.host,
    port: at.port ?? 22,
    fingerprint,
    ...(step.reason === 'HostKeyChanged' && expected ? { expected } : {}),
  };
}

/** The command that shows a machine's fingerprints, for comparing on another way there. */
export function compareCommand({ host, port }: Pick<HostKeyQuestion, 'host' | 'port'>): string {
  return `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${host} 2>/dev/null | ssh-keygen -lf -`;
}

/** What removing says of itself; null while the machine is not being removed. */
export function removal(machine: Machine): { failed: boolean; reason: string; message: string } | null {
  if (!machine.metadata?.deletionTimestamp) return null;
  const condition = machine.status?.conditions?.find((one) => one.type === 'Removed');
  return {
    failed: condition?.status === 'False',
    reason: condition?.reason ?? '',
    message: condition?.message ?? 'Waiting for the removal to begin.',
  };
}
