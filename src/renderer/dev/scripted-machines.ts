import { MACHINE_PHASES, type Machine, type MachinePhase, type MachineStatus } from '../../shared/api/machine.ts';
import type { MachineRow } from '../../shared/view/rows.ts';

/** Machines at every step of joining. */

const now = Date.now();
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
const SHOWN = 'SHA256:q1Zr8vJm2b0c7oQ9dXvT4yHnK5sLwE6uRfGgPtAiB3M';
const BEFORE = 'SHA256:Zk3nV7wQe1yXrT5uPoLm9aSdFgHjK2cVbNqWeRtYu8I';

interface Script {
  name: string;
  /** The phase it is at. */
  at: MachinePhase | 'done';
  condition: { status: 'True' | 'False' | 'Unknown'; reason: string; message: string };
  phase: NonNullable<MachineStatus['phase']>;
  more?: Partial<MachineStatus>;
  spec?: Partial<NonNullable<Machine['spec']>>;
  leaving?: string;
}

const DONE: Record<MachinePhase, string> = {
  Reachable: '192.168.7.21 port 22 answers: SSH-2.0-OpenSSH_9.2p1 Debian-2.',
  HostKeyVerified: `ssh-ed25519 ${SHOWN} is the key that was agreed to.`,
  Authenticated: 'Signed in as root by publickey SHA256:fM1… me@laptop.',
  PreflightPassed: '12 checks passed, 1 warning.',
  AgentInstalled: 'Agent 0.1.0 runs.',
  NodeReady: 'kubelet is posting ready status',
};

const checks: MachineStatus['preflight'] = [
  { name: 'architecture', result: 'ok', message: 'x86_64.' },
  { name: 'kernel', result: 'ok', message: 'Linux 6.1.0-28-amd64.' },
  {
    name: 'docker-access',
    result: 'fail',
    message: 'deploy may not use Docker: /var/run/docker.sock belongs to the group docker.',
    fix: 'sudo usermod -aG docker deploy',
  },
  { name: 'memory', result: 'warn', message: '1.9 Gi of memory.', fix: 'Give the machine 2 Gi or more.' },
  { name: 'disk', result: 'ok', message: '41 Gi free in /var/lib/docker.' },
  { name: 'clock', result: 'ok', message: 'Its clock is 0.2 s off ours.' },
];

const scripts: Script[] = [
  {
    name: 'rack-consent',
    at: 'HostKeyVerified',
    condition: {
      status: 'False',
      reason: 'AwaitingConsent',
      message: `192.168.7.21 showed a host key that is not known yet: ssh-ed25519 ${SHOWN}. Compare it with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` on the machine; if it is the same, set spec.hostKeySha256 to it.`,
    },
    phase: 'WaitingForConsent',
    more: { observedHostKeySha256: SHOWN },
  },
  {
    name: 'rack-changed',
    at: 'HostKeyVerified',
    condition: {
      status: 'False',
      reason: 'HostKeyChanged',
      message: `The host key of 192.168.7.21 has changed: it showed ssh-ed25519 ${SHOWN}, but ${BEFORE} was expected. Either the machine was installed anew, or someone is in between. Nothing was sent to it.`,
    },
    phase: 'Failed',
    more: { observedHostKeySha256: SHOWN },
    spec: { hostKeySha256: BEFORE },
  },
  {
    name: 'rack-refused',
    at: 'Authenticated',
    condition: {
      status: 'False',
      reason: 'AuthenticationRefused',
      message:
        '192.168.7.21 did not let user deploy in. Check the user name, and that the key is in ~deploy/.ssh/authorized_keys or the password is right.',
    },
    phase: 'Failed',
    more: {
      lastOutput: 'Permission denied (publickey,password).',
      authenticationTried: [
        { method: 'agent', detail: 'SHA256:fM1nXq me@laptop', outcome: 'refused' },
        {
          method: 'publickey',
          detail: '/home/me/.ssh/id_ed25519: the passphrase does not open it',
          outcome: 'unavailable',
        },
        { method: 'password', outcome: 'refused' },
      ],
    },
  },
  {
    name: 'rack-checks',
    at: 'PreflightPassed',
    condition: {
      status: 'False',
      reason: 'ChecksFailed',
      message: 'deploy may not use Docker: /var/run/docker.sock belongs to the group docker.',
    },
    phase: 'Failed',
    more: { preflight: checks },
  },
  {
    name: 'rack-install',
    at: 'AgentInstalled',
    condition: { status: 'Unknown', reason: 'InProgress', message: 'Sending the agent image, 40 of 105 MB.' },
    phase: 'Joining',
    more: { preflight: checks.filter((check) => check.result !== 'fail') },
  },
  { name: 'wh-1', at: 'done', condition: { status: 'True', reason: 'Fine', message: '' }, phase: 'Ready' },
  {
    name: 'rack-leaving',
    at: 'done',
    condition: { status: 'True', reason: 'Fine', message: '' },
    phase: 'Removing',
    leaving:
      'The machine cannot be cleaned, because it cannot be signed in to: 192.168.7.21 port 22 did not answer. It is tried again.',
  },
];

function objectOf(script: Script): Machine {
  const at = script.at === 'done' ? MACHINE_PHASES.length : MACHINE_PHASES.indexOf(script.at);
  return {
    apiVersion: 'machines.wheelhouse.dev/v1alpha1',
    kind: 'Machine',
    metadata: {
      name: script.name,
      uid: `machine-${script.name}`,
      resourceVersion: '1',
      creationTimestamp: ago(300),
      ...(script.leaving ? { deletionTimestamp: ago(20) } : {}),
    },
    spec: {
      host: '192.168.7.21',
      user: 'deploy',
      credentialRef: { namespace: 'kube-system', name: `${script.name}-ssh-x7k2p` },
      ...script.spec,
    },
    status: {
      phase: script.phase,
      nodeName: script.name,
      ...(script.at === 'done'
        ? {
            addresses: ['192.168.7.21'],
            agentVersion: '0.1.0',
            lastConnectedTime: ago(4),
            preflight: checks?.slice(0, 2) ?? [],
          }
        : {}),
      ...script.more,
      conditions: [
        ...MACHINE_PHASES.map((type, index) =>
          index < at
            ? { type, status: 'True' as const, reason: 'Passed', message: DONE[type] }
            : index === at
              ? { type, ...script.condition }
              : { type, status: 'Unknown' as const, reason: 'Waiting', message: 'Waiting for the step before.' },
        ),
        ...(script.leaving
          ? [{ type: 'Removed', status: 'False' as const, reason: 'MachineUnreachable', message: script.leaving }]
          : []),
      ],
    },
  };
}

function rowOf(script: Script): MachineRow {
  const kind = script.phase === 'Ready' ? 'healthy' : script.phase === 'Failed' ? 'failing' : 'working';
  return {
    resource: 'machines',
    uid: `machine-${script.name}`,
    name: script.name,
    namespace: '',
    createdAt: ago(300),
    state: { kind: script.phase === 'WaitingForConsent' ? 'waiting' : kind, word: script.phase },
    simulated: false,
    deleting: script.leaving !== undefined,
    address: '192.168.7.21',
    user: 'deploy',
    nodeName: script.name,
    phase: script.at === 'done' ? 'NodeReady' : script.at,
    message: script.condition.message,
  };
}

export const labMachines = scripts.map((script) => ({ object: objectOf(script), row: rowOf(script) }));
