// Things that go wrong with machines, for tests to do to them.
import { rm, statfs, writeFile } from 'node:fs/promises';
import { setLink } from './fabric.ts';
import { layoutOf } from './layout.ts';
import {
  initPid,
  killAll,
  powerOff,
  powerOn,
  renewHostKey,
  runIn,
  sshdPids,
  waitForDocker,
  waitForSsh,
  type MachineRef,
} from './machine.ts';
import type { TestbedMachine } from './testbed.ts';

const SERVICE = ['/bin/bash', '/usr/local/lib/testbed/machine-service.sh'];
const BALLAST = '/var/tmp/testbed-ballast';
const DATE = '/usr/local/bin/date';

/** Pulls the machine's network cable: it loses its carrier, and everybody else hears nothing from it. */
export async function cutLink({ testbed, name }: MachineRef): Promise<void> {
  await setLink(layoutOf(testbed), name, 'down');
}

/** Puts the cable back. */
export async function restoreLink({ testbed, name }: MachineRef): Promise<void> {
  await setLink(layoutOf(testbed), name, 'up');
}

/** Restarts sshd. Open sessions end, unless `keepSessions` (as on a systemd host, where only the listener restarts). */
export async function restartSshd(machine: TestbedMachine, { keepSessions = false } = {}): Promise<void> {
  await stopSshd(machine, { keepSessions });
  await startSshd(machine);
}

/** Stops sshd: connecting is refused from then on. */
export async function stopSshd(machine: MachineRef, { keepSessions = false } = {}): Promise<void> {
  const pids = await sshdPids(machine);
  await runIn(machine, [...SERVICE, 'stop', 'sshd']);
  if (!keepSessions) killAll(pids);
}

/** Starts sshd and waits until it greets. */
export async function startSshd(machine: TestbedMachine): Promise<void> {
  await runIn(machine, [...SERVICE, 'start', 'sshd']);
  await waitForSsh(machine.address);
}

/** Stops dockerd the orderly way, which ends its containers. */
export async function stopDockerd(machine: MachineRef): Promise<void> {
  await runIn(machine, [...SERVICE, 'stop', 'dockerd']);
}

/** Kills dockerd; its containers run on, until it is started again. */
export async function killDockerd(machine: MachineRef): Promise<void> {
  await runIn(machine, [...SERVICE, 'kill', 'dockerd']);
}

/** Starts dockerd and waits until it answers. */
export async function startDockerd(machine: MachineRef): Promise<void> {
  await runIn(machine, [...SERVICE, 'start', 'dockerd']);
  await waitForDocker(machine);
}

/** Stops and starts dockerd. */
export async function restartDockerd(machine: MachineRef): Promise<void> {
  await stopDockerd(machine);
  await startDockerd(machine);
}

/** Cuts the machine's power and boots it again: disk, images and host key stay; /run, /tmp and the network go. */
export async function rebootMachine(machine: TestbedMachine): Promise<void> {
  await powerOff(machine);
  await powerOn(machine, machine.address, machine.docker);
}

/** Gives the machine a new host key, as a reinstallation would, and restarts sshd. */
export async function changeHostKey(machine: TestbedMachine): Promise<void> {
  await renewHostKey(machine);
  await restartSshd(machine);
}

/** Renames a running machine; lasts until it reboots. */
export async function setHostname(machine: MachineRef, hostname: string): Promise<void> {
  await runIn(machine, ['hostname', hostname]);
}

/** Fills the machine's disk but for `leaveBytes`. */
export async function fillDisk(machine: MachineRef, { leaveBytes = 16 * 1024 ** 2 } = {}): Promise<void> {
  const { bavail, bsize } = await statfs(`/proc/${await initPid(machine)}/root/var/lib/docker`);
  const size = Math.max(0, bavail * bsize - leaveBytes);
  // The disk is a sparse file and fallocate(2) of a loop device reserves only in its own file system: this
  // computer's disk does not fill.
  if (size > 0) await runIn(machine, ['fallocate', '-l', `${size}`, BALLAST]);
}

/** Frees what `fillDisk` took. */
export async function freeDisk(machine: MachineRef): Promise<void> {
  await runIn(machine, ['rm', '-f', BALLAST]);
}

/**
 * Makes the machine's clock look wrong by so many seconds; 0 makes it right again. Linux has no real-time clock per
 * namespace, so this is no more than a `date` command, first in the PATH, that shows another time: what reads the
 * clock itself (sshd, dockerd, containers) still sees the right one.
 */
export async function setClockOffset(machine: MachineRef, seconds: number): Promise<void> {
  const file = `/proc/${await initPid(machine)}/root${DATE}`;
  if (seconds === 0) {
    await rm(file, { force: true });
    return;
  }
  const script = `#!/bin/sh
# Testbed: shows the time ${seconds} seconds off. Calls that name a time of their own, or set it, pass unchanged.
for argument in "$@"; do
  case $argument in -d* | --date* | -r* | --reference* | -s* | --set* | -f* | --file*) exec /bin/date "$@" ;; esac
done
now=$(/bin/date +%s.%N)
exec /bin/date -d "@$((\${now%.*} + ${Math.trunc(seconds)})).\${now#*.}" "$@"
`;
  await writeFile(file, script, { mode: 0o755 });
}
