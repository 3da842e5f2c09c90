import type { MachinePhase, MachineStatus } from '../../shared/api/machine.ts';

export interface PhaseFailure {
  phase: MachinePhase;
  /** CamelCase, for the condition. */
  reason: string;
  /** A sentence or two a person understands: what happened, what the machine said, what to do. */
  message: string;
  /** What the machine itself said, for `status.lastOutput`. */
  output?: string;
  /** Worth trying again without any change: the network, a machine that is starting, a daemon that is away. */
  transient?: boolean;
  /** Facts learnt on the way that belong in the status. */
  facts?: Partial<MachineStatus>;
  cause?: unknown;
}

/** A step of the join failed. Everything the user is told about it is here; secrets are not. */
export class PhaseError extends Error {
  readonly phase: MachinePhase;
  readonly reason: string;
  readonly output: string | undefined;
  readonly transient: boolean;
  readonly facts: Partial<MachineStatus>;

  constructor(failure: PhaseFailure) {
    super(failure.message, { cause: failure.cause });
    this.name = 'PhaseError';
    this.phase = failure.phase;
    this.reason = failure.reason;
    this.output = failure.output;
    this.transient = failure.transient ?? false;
    this.facts = failure.facts ?? {};
  }
}
