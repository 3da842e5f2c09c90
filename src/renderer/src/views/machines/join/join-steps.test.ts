import { describe, expect, test } from 'vitest';
import { MACHINE_PHASES, type Machine, type MachinePhase } from '../../../../../shared/api/machine.ts';
import { compareCommand, currentStep, hostKeyQuestion, joinSteps, removal } from './join-steps.ts';

type Said = [status: 'True' | 'False' | 'Unknown', reason: string, message?: string];

function aMachine(said: Partial<Record<MachinePhase | 'Removed', Said>>, more: Partial<Machine> = {}): Machine {
  return {
    metadata: { name: 'wh-1' },
    spec: { host: '10.0.0.5' },
    ...more,
    status: {
      ...more.status,
      conditions: Object.entries(said).map(([type, [status, reason, message = '']]) => ({
        type,
        status,
        reason,
        message,
      })),
    },
  };
}

const key = (letter: string): string => `SHA256:${letter.repeat(43)}`;
const states = (machine: Machine): string[] => joinSteps(machine).map((step) => step.state);

describe('the steps of joining', () => {
  test('a new Machine is about to be reached', () => {
    const machine = aMachine({});
    expect(states(machine)).toEqual(['running', 'pending', 'pending', 'pending', 'pending', 'pending']);
    expect(currentStep(joinSteps(machine))?.label).toBe('Reach');
  });

  test('follow the conditions', () => {
    const machine = aMachine({
      Reachable: ['True', 'SshServerFound'],
      HostKeyVerified: ['True', 'KeyMatches'],
      Authenticated: ['True', 'SignedIn'],
      PreflightPassed: ['Unknown', 'InProgress', 'Looking the machine over.'],
      AgentInstalled: ['Unknown', 'Waiting', 'Waiting for the step before.'],
      NodeReady: ['Unknown', 'Waiting', 'Waiting for the step before.'],
    });
    expect(states(machine)).toEqual(['done', 'done', 'done', 'running', 'pending', 'pending']);
    expect(currentStep(joinSteps(machine))?.message).toBe('Looking the machine over.');
    expect(joinSteps(machine)[5]?.message).toBe('');
  });

  test('a failed one is the one to look at, and none is when all are done', () => {
    const failed = aMachine({ Reachable: ['False', 'ConnectionRefused'], HostKeyVerified: ['Unknown', 'Waiting'] });
    expect(currentStep(joinSteps(failed))).toMatchObject({ phase: 'Reachable', state: 'failed' });
    const done = aMachine(Object.fromEntries(MACHINE_PHASES.map((phase): [string, Said] => [phase, ['True', 'Fine']])));
    expect(currentStep(joinSteps(done))).toBeUndefined();
  });
});

describe('the question of the host key', () => {
  test('a new key waits for consent', () => {
    const machine = aMachine(
      { Reachable: ['True', 'x'], HostKeyVerified: ['False', 'AwaitingConsent', 'set spec.hostKeySha256'] },
      { status: { observedHostKeySha256: key('a') } },
    );
    expect(states(machine)[1]).toBe('consent');
    expect(hostKeyQuestion(machine)).toEqual({ of: 'machine', host: '10.0.0.5', port: 22, fingerprint: key('a') });
  });

  test('a changed key shows both', () => {
    const machine = aMachine(
      { HostKeyVerified: ['False', 'HostKeyChanged'] },
      { spec: { host: 'h', port: 2222, hostKeySha256: key('b') }, status: { observedHostKeySha256: key('a') } },
    );
    expect(states(machine)[1]).toBe('failed');
    expect(hostKeyQuestion(machine)).toMatchObject({ port: 2222, fingerprint: key('a'), expected: key('b') });
  });

  test('a key that differs from known_hosts shows the one from there', () => {
    const message = `it showed ssh-ed25519 ${key('a')}, but ${key('c')} was expected`;
    const machine = aMachine(
      { HostKeyVerified: ['False', 'HostKeyChanged', message] },
      { status: { observedHostKeySha256: key('a') } },
    );
    expect(hostKeyQuestion(machine)).toMatchObject({ fingerprint: key('a'), expected: key('c') });
  });

  test('the key of a jump host is told apart from that of the machine', () => {
    const message = `gate showed ssh-ed25519 ${key('d')}. If it is the same, set spec.jump.hostKeySha256 to it.`;
    const machine = aMachine(
      { HostKeyVerified: ['False', 'AwaitingConsent', message] },
      { spec: { host: 'inner', jump: { host: 'gate', user: 'me', port: 2200 } } },
    );
    expect(hostKeyQuestion(machine)).toEqual({ of: 'jump', host: 'gate', port: 2200, fingerprint: key('d') });
  });

  test('a revoked key is no question', () => {
    const machine = aMachine(
      { HostKeyVerified: ['False', 'HostKeyRevoked'] },
      { status: { observedHostKeySha256: key('a') } },
    );
    expect(hostKeyQuestion(machine)).toBeNull();
  });
});

test('the command to compare names the port only when it is another', () => {
  expect(compareCommand({ host: 'h', port: 22 })).toBe('ssh-keyscan h 2>/dev/null | ssh-keygen -lf -');
  expect(compareCommand({ host: 'h', port: 2222 })).toBe('ssh-keyscan -p 2222 h 2>/dev/null | ssh-keygen -lf -');
});

test('removing tells how far it is, and why it does not go on', () => {
  expect(removal(aMachine({}))).toBeNull();
  const metadata = { name: 'wh-1', deletionTimestamp: '2026-01-01T00:00:00Z' };
  expect(removal(aMachine({ Removed: ['Unknown', 'InProgress', '3 pods left'] }, { metadata }))).toEqual({
    failed: false,
    reason: 'InProgress',
    message: '3 pods left',
  });
  expect(removal(aMachine({ Removed: ['False', 'MachineUnreachable', 'm'] }, { metadata }))?.failed).toBe(true);
  expect(removal(aMachine({}, { metadata }))?.message).toBe('Waiting for the removal to begin.');
});
