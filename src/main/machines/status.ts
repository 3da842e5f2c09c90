import type { Condition } from '../../shared/api/meta.ts';
import { MACHINE_PHASES, type MachinePhase, type MachineStatus } from '../../shared/api/machine.ts';
import type { PhaseError } from './phase-error.ts';

/** Beside the phases: how far the removal has come. */
export type MachineCondition = MachinePhase | 'Removed';

/** What `status.lastOutput` holds at most. */
const OUTPUT_LIMIT = 4096;

export interface ConditionChange {
  type: MachineCondition;
  status: Condition['status'];
  reason: string;
  message: string;
}

/** Sets one condition; `lastTransitionTime` moves only when its status does, as everywhere in Kubernetes. */
export function withCondition(
  status: MachineStatus,
  change: ConditionChange,
  now: Date,
  generation: number | undefined,
): MachineStatus {
  const conditions = status.conditions ?? [];
  const old = conditions.find(({ type }) => type === change.type);
  const at = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const next: Condition = {
    ...change,
    lastTransitionTime: old && old.status === change.status ? (old.lastTransitionTime ?? at) : at,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  return { ...status, conditions: inOrder([...conditions.filter(({ type }) => type !== change.type), next]) };
}

/** The phases in their order, anything else after. */
function inOrder(conditions: Condition[]): Condition[] {
  const rank = (type: string): number => {
    const index = MACHINE_PHASES.findIndex((phase) => phase === type);
    return index < 0 ? MACHINE_PHASES.length : index;
  };
  return conditions.sort((a, b) => rank(a.type) - rank(b.type));
}

/** Every phase from `from` on is not known until the one before it has passed. */
export function withPhasesUnknown(
  status: MachineStatus,
  from: MachinePhase,
  now: Date,
  generation: number | undefined,
): MachineStatus {
  const later = MACHINE_PHASES.slice(MACHINE_PHASES.indexOf(from));
  return later.reduce<MachineStatus>(
    (result, type) =>
      withCondition(
        result,
        { type, status: 'Unknown', reason: 'Waiting', message: 'Waiting for the step before.' },
        now,
        generation,
      ),
    status,
  );
}

/** The status after a step failed: its condition says why, the later ones are unknown, and the summary follows. */
export function withFailure(
  status: MachineStatus,
  error: PhaseError,
  now: Date,
  generation: number | undefined,
): MachineStatus {
  const unknown = withPhasesUnknown({ ...status, ...error.facts }, error.phase, now, generation);
  const { phase: type, reason, message } = error;
  const failed = withCondition(unknown, { type, status: 'False', reason, message }, now, generation);
  const { lastOutput: _before, ...rest } = failed;
  return {
    ...rest,
    ...(error.output ? { lastOutput: tail(error.output) } : {}),
    phase: phaseAfter(error, status),
  };
}

function phaseAfter(error: PhaseError, status: MachineStatus): NonNullable<MachineStatus['phase']> {
  if (error.reason === 'AwaitingConsent') return 'WaitingForConsent';
  // A node that only cannot be reached for now is still a node: its pods run on.
  return error.transient && status.lastConnectedTime !== undefined ? 'Disconnected' : 'Failed';
}

/** The end is what matters of an output: that is where it says why. */
function tail(output: string): string {
  const bytes = Buffer.from(output);
  return bytes.length <= OUTPUT_LIMIT ? output : bytes.subarray(bytes.length - OUTPUT_LIMIT).toString('utf8');
}
