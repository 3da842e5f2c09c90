import type { PreflightCheck } from '../../../shared/api/machine.ts';
import { fail, ok, warn, type Check } from './check.ts';
import type { HostFacts } from './facts.ts';

/** Docker 20.10 is the oldest the agent was tried with; it speaks API 1.41. */
const OLDEST_API = 1.41;

/** Whether there is a Docker that runs. */
export const dockerInstalled: Check = ({ host, docker }) => {
  if (docker.kind === 'answers') {
    const found = `Docker ${docker.version}, API ${docker.apiVersion}, in ${docker.rootDir}.`;
    if (docker.rootless) {
      return fail('docker', `${found} It runs rootless.`, 'The pod network needs a Docker that runs as root.');
    }
    if (docker.rootDir.startsWith('/var/snap/')) {
      return fail(
        'docker',
        `${found} It is the snap package, which cannot see /var/lib/wheelhouse.`,
        'Remove the snap (`snap remove docker`) and install docker.io or Docker’s own package.',
      );
    }
    if (Number(docker.apiVersion) < OLDEST_API) {
      return warn('docker', found, `API ${OLDEST_API} (Docker 20.10) or newer is recommended.`);
    }
    return ok('docker', found);
  }
  if (host.dockerSocket !== 'missing' || host.dockerRunning) return ok('docker', 'Docker is installed.');
  if (host.dockerd) {
    return fail('docker', `Docker is installed (${host.dockerd}) but does not run.`, START_DOCKER);
  }
  if (host.podman) {
    return fail('docker', 'The machine has Podman, and no Docker.', `Podman is not supported. ${INSTALL_DOCKER}`);
  }
  return fail('docker', 'Docker is not installed on the machine.', INSTALL_DOCKER);
};

/** Whether the user we sign in as may use it. */
export const dockerAccess: Check = ({ host, docker }) => {
  if (docker.kind === 'answers') return ok('docker-access', `${host.user} may use Docker.`);
  if (docker.why === 'forwarding-forbidden') {
    return fail(
      'docker-access',
      'The SSH server forbids forwarding to unix sockets, which is how Docker is reached.',
      'Set `AllowStreamLocalForwarding yes` in /etc/ssh/sshd_config (and no `DisableForwarding yes`), then `systemctl reload ssh`.',
    );
  }
  if (host.dockerSocket === 'missing') {
    return fail('docker-access', 'There is no /var/run/docker.sock to reach Docker at.', installOrStart(host));
  }
  if (host.dockerSocket === 'denied') return denied(host);
  return fail(
    'docker-access',
    `Docker's socket is there, but Docker does not answer: ${docker.message}.`,
    `It may be starting, or hang: see \`journalctl -u docker\`. ${START_DOCKER}`,
  );
};

function denied(host: HostFacts): PreflightCheck {
  const group = host.dockerSocketGroup ?? 'docker';
  return fail(
    'docker-access',
    `${host.user} may not use Docker: permission denied on /var/run/docker.sock, which belongs to group ${group} (${host.user} is in ${host.groups.join(', ')}).`,
    `Run \`usermod -aG ${group} ${host.user}\` as root on the machine, then try again; or sign in as root.`,
  );
}

const INSTALL_DOCKER =
  'Install it: `apt-get install docker.io` on Debian and Ubuntu, or see https://docs.docker.com/engine/install/.';
const START_DOCKER = 'Start it: `systemctl enable --now docker`.';

function installOrStart(host: HostFacts): string {
  return host.dockerd ? START_DOCKER : INSTALL_DOCKER;
}
