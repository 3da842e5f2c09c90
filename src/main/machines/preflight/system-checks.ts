import { fail, inUnits, ok, warn, type Check } from './check.ts';

const GIB = 2 ** 30;
/** `uname -m` in Docker's words. */
const ARCHITECTURES: Record<string, string> = { x86_64: 'amd64', amd64: 'amd64', aarch64: 'arm64', arm64: 'arm64' };

export const architecture: Check = ({ host, imageArchitecture }) => {
  if (host.system !== 'Linux') {
    return fail('architecture', `The machine runs ${host.system}.`, 'Machines must run Linux.');
  }
  const os = host.os ? `, ${host.os}` : '';
  if (ARCHITECTURES[host.architecture] === imageArchitecture) {
    return ok('architecture', `${host.architecture}${os}.`);
  }
  return fail(
    'architecture',
    `The machine is ${host.architecture}${os}; the agent that this app ships is built for ${imageArchitecture}.`,
    `Use a machine with ${imageArchitecture}, or run the app on a computer like this machine.`,
  );
};

export const kernel: Check = ({ host }) => {
  const [major = 0, minor = 0] = host.kernel.split('.').map((part) => Number.parseInt(part, 10));
  const version = major * 1000 + minor;
  const found = `Linux ${host.kernel}.`;
  // The maps services are made of came with 4.18; kube-proxy's nftables mode asks for 5.13.
  if (version < 4018)
    return fail('kernel', found, 'Linux 4.18 or newer is needed, 5.13 or newer is better: update it.');
  if (version < 5013) return warn('kernel', found, 'Linux 5.13 or newer is recommended for services by nftables.');
  return ok('kernel', found);
};

export const cgroups: Check = ({ host }) => {
  const { cgroupVersion, cgroupControllers } = host;
  const missing = ['cpu', 'memory', 'pids'].filter((name) => !cgroupControllers.includes(name));
  const found = `cgroup v${cgroupVersion} with ${cgroupControllers.join(', ') || 'no controllers'}.`;
  if (missing.includes('memory')) {
    return fail(
      'cgroups',
      `The kernel does not limit memory: ${found}`,
      'Add `cgroup_enable=memory cgroup_memory=1` to the kernel command line (on a Raspberry Pi: /boot/firmware/cmdline.txt) and restart the machine.',
    );
  }
  if (missing.length > 0) {
    return warn(
      'cgroups',
      `${found} Missing: ${missing.join(', ')}.`,
      'Limits of the missing kinds will not be enforced.',
    );
  }
  return ok('cgroups', found);
};

export const disk: Check = ({ host }) => {
  const spaces = [...host.diskFree];
  if (spaces.length === 0) return warn('disk', 'The free disk space could not be read.', 'Check it with `df -h`.');
  const found = spaces.map(([folder, free]) => `${inUnits(free)} free for ${folder}`).join(', ');
  const least = Math.min(...spaces.map(([, free]) => free));
  const fix = 'Free some space: `docker system prune` removes unused images and containers.';
  if (least < GIB) return fail('disk', `The disk is nearly full: ${found}. At least 1 GiB is needed.`, fix);
  if (least < 5 * GIB) return warn('disk', `${found}.`, fix);
  return ok('disk', `${found}.`);
};

export const memory: Check = ({ host }) => {
  const { memoryTotal, memoryAvailable } = host;
  if (memoryTotal === undefined) return warn('memory', 'The memory could not be read.', 'Check it with `free -m`.');
  const available = memoryAvailable ?? memoryTotal;
  const found = `${inUnits(memoryTotal)}, of which ${inUnits(available)} are available.`;
  if (available < 200 * 2 ** 20) {
    return fail('memory', found, 'The agent and its first pods need 200 MiB: stop something, or add memory.');
  }
  if (memoryTotal < GIB) return warn('memory', found, 'There will be room for a few small pods only.');
  return ok('memory', found);
};

export const sudo: Check = ({ host }) => {
  const found = {
    root: `Signed in as root.`,
    free: `${host.user} may use sudo without a password; it is not needed.`,
    password: `${host.user} may use sudo with a password at most; it is not needed, access to Docker is enough.`,
    none: `${host.user} has no sudo; it is not needed, access to Docker is enough.`,
  };
  return ok('sudo', found[host.sudo]);
};

export const clock: Check = ({ clock: { skewMs, uncertaintyMs } }) => {
  if (Number.isNaN(skewMs)) return warn('clock', "The machine's clock could not be read.", 'Check it with `date`.');
  const off = Math.max(0, Math.abs(skewMs) - uncertaintyMs);
  const amount = inWords(off / 1000);
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  const fix =
    'Switch time synchronisation on (`timedatectl set-ntp true`), or set the clock right; check this computer’s clock too.';
  if (off > 30_000) {
    return fail(
      'clock',
      `The machine's clock is ${amount} ${direction} this computer's: certificates would not be valid.`,
      fix,
    );
  }
  if (off > 5000) return warn('clock', `The machine's clock is ${amount} ${direction} this computer's.`, fix);
  return ok('clock', 'The clocks agree.');
};

function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} hours`;
  return `${Math.round(seconds / 86_400)} days`;
}
