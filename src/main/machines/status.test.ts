import { describe, expect, test } from 'vitest';
import type { MachineStatus } from '../../shared/api/machine.ts';
import { PhaseError } from './phase-error.ts';
import { difference } from './status-writer.ts';
import { withCondition, withFailure, withPhasesUnknown } from './status.ts';

const early = new Date('2026-01-01T00:00:00.5Z');
const late = new Date('2026-01-01T00:01:00Z');
const shape = (status: MachineStatus): string[] =>
  (status.conditions ?? []).map(({ type, status: value, reason }) => `${type} ${value} ${reason}`);

describe('the status of a Machine', () => {
  test('shows the failed phase, keeps the ones before and makes the later ones unknown', () => {
    let status = withPhasesUnknown({}, 'Reachable', early, 1);
    for (const type of ['Reachable', 'HostKeyVerified'] as const) {
      status = withCondition(status, { type, status: 'True', reason: 'Ok', message: '' }, early, 1);
    }
    const error = new PhaseError({
      phase: 'Authenticated',
      reason: 'Refused',
      message: 'no',
      output: 'x'.repeat(5000),
    });
    const failed = withFailure(status, error, late, 1);
    expect(shape(failed)).toEqual([
      'Reachable True Ok',
      'HostKeyVerified True Ok',
      'Authenticated False Refused',
      'PreflightPassed Unknown Waiting',
      'AgentInstalled Unknown Waiting',
      'NodeReady Unknown Waiting',
    ]);
    expect(failed.lastOutput).toHaveLength(4096);
    expect(failed.phase).toBe('Failed');
  });

  test('moves lastTransitionTime only with the status', () => {
    const at = (status: MachineStatus): string | undefined => status.conditions?.[0]?.lastTransitionTime;
    const change = { type: 'Reachable', reason: 'A', message: '' } as const;
    const first = withCondition({}, { ...change, status: 'Unknown' }, early, 1);
    const same = withCondition(first, { ...change, status: 'Unknown', message: 'more' }, late, 1);
    const other = withCondition(same, { ...change, status: 'True' }, late, 2);
    expect([at(first), at(same), at(other)]).toEqual([
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:01:00Z',
    ]);
    expect(other.conditions?.[0]?.observedGeneration).toBe(2);
  });

  test('sums up: waiting for consent, disconnected, failed', () => {
    const failure = (reason: string, transient: boolean, status: MachineStatus = {}): string | undefined =>
      withFailure(status, new PhaseError({ phase: 'Reachable', reason, message: '', transient }), early, 1).phase;
    expect(failure('AwaitingConsent', false)).toBe('WaitingForConsent');
    expect(failure('TimedOut', true)).toBe('Failed');
    expect(failure('TimedOut', true, { lastConnectedTime: 'then' })).toBe('Disconnected');
    expect(failure('HostKeyChanged', false, { lastConnectedTime: 'then' })).toBe('Failed');
  });

  test('is written as the difference, with null for what is gone', () => {
    expect(difference({ phase: 'Joining', nodeName: 'a' }, { phase: 'Ready' })).toEqual({
      phase: 'Ready',
      nodeName: null,
    });
    expect(difference({ conditions: [] }, { conditions: [] })).toBeUndefined();
  });
});
