import type { Clock } from '../../../shared/logger.ts';
import type { MachinePhase, MachineStatus } from '../../../shared/api/machine.ts';
import { PhaseError } from '../phase-error.ts';
import type { Scrub } from '../scrub.ts';
import type { StatusWriter } from '../status-writer.ts';
import { withCondition, withFailure, withPhasesUnknown } from '../status.ts';

/** Turns the course of one attempt into the Machine's status, secrets taken out. */
export class JoinReport {
  /** The phase under way: where an error belongs that does not name its own. */
  #phase: MachinePhase = 'Reachable';

  constructor(
    private readonly writer: StatusWriter,
    private readonly clock: Clock,
    private readonly generation: number | undefined,
    private scrub: Scrub = (text) => text,
  ) {}

  get phase(): MachinePhase {
    return this.#phase;
  }

  /** From now on these secrets are kept out of whatever is told. */
  hide(scrub: Scrub): void {
    const before = this.scrub;
    this.scrub = (text) => scrub(before(text));
  }

  /** A new attempt: nothing is known. A node that was connected before stays `Disconnected` until it is back. */
  begin(): void {
    this.writer.update((status) => ({
      ...withPhasesUnknown(status, 'Reachable', this.#now(), this.generation),
      phase: status.lastConnectedTime === undefined ? 'Joining' : 'Disconnected',
      ...(this.generation === undefined ? {} : { observedGeneration: this.generation }),
    }));
  }

  working(phase: MachinePhase, message: string): void {
    this.#phase = phase;
    this.#set({}, { type: phase, status: 'Unknown', reason: 'InProgress', message });
  }

  passed(phase: MachinePhase, reason: string, message: string, facts: Partial<MachineStatus> = {}): void {
    this.#set(facts, { type: phase, status: 'True', reason, message });
  }

  /** Facts alone. */
  learnt(facts: Partial<MachineStatus>): void {
    this.writer.update((status) => ({ ...status, ...facts }));
  }

  failed(error: PhaseError): void {
    const clean = new PhaseError({
      phase: error.phase,
      reason: error.reason,
      message: this.scrub(error.message),
      ...(error.output === undefined ? {} : { output: this.scrub(error.output) }),
      transient: error.transient,
      facts: error.facts,
    });
    this.writer.update((status) => withFailure(status, clean, this.#now(), this.generation));
  }

  #set(facts: Partial<MachineStatus>, change: Parameters<typeof withCondition>[1]): void {
    const clean = { ...change, message: this.scrub(change.message) };
    this.writer.update((status) => withCondition({ ...status, ...facts }, clean, this.#now(), this.generation));
  }

  #now(): Date {
    return new Date(this.clock.now());
  }
}
