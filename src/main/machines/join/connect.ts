import type { Machine, MachineSpec } from '../../../shared/api/machine.ts';
import type { MachinesDeps } from '../deps.ts';
import type { Host } from '../host.ts';
import { LocalHost } from '../local/local-host.ts';
import { PhaseError } from '../phase-error.ts';
import { scrubberFor } from '../scrub.ts';
import { connectSsh, type Hop } from '../ssh/connect.ts';
import { readKnownHosts } from '../ssh/known-hosts.ts';
import { readCredentials } from './read-credentials.ts';
import type { JoinReport } from './report.ts';

const DEFAULT_PORT = 22;
const DEFAULT_USER = 'root';

/** The first three phases: reach the machine, verify its key, sign in. Rejects with a PhaseError of one of them. */
export async function connectMachine(
  machine: Machine,
  deps: MachinesDeps,
  report: JoinReport,
  signal: AbortSignal,
): Promise<Host> {
  const { spec } = machine;
  if (!spec) throw new PhaseError({ phase: 'Reachable', reason: 'NoSpec', message: 'The Machine has no spec.' });
  return spec.connection === 'Local' ? connectLocally(report) : connectOverSsh(spec, deps, report, signal);
}

function connectLocally(report: JoinReport): Host {
  if (process.platform !== 'linux') {
    throw new PhaseError({
      phase: 'Reachable',
      reason: 'NotLinux',
      message:
        'Docker on this computer runs inside a virtual machine, which cannot be a node. Add a Linux machine over SSH instead.',
    });
  }
  report.passed('Reachable', 'Local', 'This computer.');
  report.passed('HostKeyVerified', 'Local', 'Not needed on this computer.');
  report.passed('Authenticated', 'Local', 'Not needed on this computer.');
  return new LocalHost();
}

async function connectOverSsh(
  spec: MachineSpec,
  deps: MachinesDeps,
  report: JoinReport,
  signal: AbortSignal,
): Promise<Host> {
  const hopOf = (at: Pick<MachineSpec, 'host' | 'port' | 'user' | 'credentialRef' | 'hostKeySha256'>): Hop => ({
    host: at.host,
    port: at.port ?? DEFAULT_PORT,
    user: at.user ?? DEFAULT_USER,
    ...(at.hostKeySha256 ? { hostKeySha256: at.hostKeySha256 } : {}),
    credentials: async () => {
      const credentials = await readCredentials(deps.client, at.credentialRef, deps);
      report.hide(scrubberFor([credentials]));
      return credentials;
    },
  });
  const machine = hopOf(spec);
  const through = spec.jump ? ` through ${spec.jump.host}` : '';
  report.working('Reachable', `Connecting to ${machine.host} port ${machine.port}${through}.`);
  const knownHosts = await readKnownHosts(deps.knownHostsFiles);
  return connectSsh(
    { machine, knownHosts, ...(spec.jump ? { jump: hopOf(spec.jump) } : {}) },
    {
      reached: (message) => report.passed('Reachable', 'SshServerFound', message),
      hostKeyAccepted: ({ fingerprint, message }) => {
        report.passed('HostKeyVerified', 'KeyMatches', message, { observedHostKeySha256: fingerprint });
        report.working('Authenticated', `Signing in as ${machine.user}.`);
      },
      authenticated: (tried) => {
        const last = tried.at(-1);
        const how = last ? ` by ${[last.method, last.detail].filter(Boolean).join(' ')}` : '';
        report.passed('Authenticated', 'SignedIn', `Signed in as ${machine.user}${how}.`, {
          authenticationTried: tried,
        });
      },
    },
    signal,
  );
}
