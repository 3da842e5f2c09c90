// The network between the machines: a bridge in a network namespace of its own (this computer's firewall and Docker
// must not see the frames), held open by one sleeping process, with a link into this computer's namespace.
import { readlink } from 'node:fs/promises';
import { destroyCgroup, joinFiles, makeCgroup, pidsIn } from './cgroups.ts';
import { addressesIn, macOf, portOf, type Layout } from './layout.ts';
import { joining, run, runToEnd, startDetached } from './processes.ts';
import { until } from './wait.ts';

const UNIT = 'fabric';

async function fabricPid(layout: Layout): Promise<number> {
  const [pid] = await pidsIn(layout.cgroup, UNIT);
  if (pid === undefined) throw new Error(`the network of the testbed in ${layout.dir} is gone`);
  return pid;
}

/** Runs `ip` commands, one a line, in the network namespace of a process. */
async function ipIn(pid: number, commands: readonly string[]): Promise<void> {
  await run(['nsenter', `--net=/proc/${pid}/ns/net`, 'ip', '-batch', '-'], { input: commands.join('\n') });
}

/** Builds the network with the /24 of `prefix`. */
export async function buildFabric(layout: Layout, prefix: string): Promise<void> {
  const { host, gateway } = addressesIn(prefix);
  await makeCgroup(layout.cgroup, UNIT);
  const holder = ['unshare', '--net', 'sleep', 'infinity'];
  const pid = startDetached(joining(await joinFiles(layout.cgroup, UNIT), holder), `${layout.logs}/fabric.log`);
  const ours = await readlink('/proc/self/ns/net');
  await until('the network namespace', async () => (await readlink(`/proc/${pid}/ns/net`)) !== ours);
  await run([
    'ip',
    'link',
    'add',
    layout.hostLink,
    'address',
    macOf(host),
    'type',
    'veth',
    'peer',
    'name',
    'host',
    'netns',
    `${pid}`,
  ]);
  await run(['ip', 'address', 'add', `${host}/24`, 'dev', layout.hostLink]);
  await run(['ip', 'link', 'set', layout.hostLink, 'up']);
  await ipIn(pid, [
    'link set lo up',
    `link add lan address ${macOf(gateway)} type bridge`,
    `address add ${gateway}/24 dev lan`,
    'link set lan up',
    'link set host master lan up',
    // Whatever is not in the testbed is refused at once instead of timing out.
    'route add unreachable default',
  ]);
  await run(['nsenter', `--net=/proc/${pid}/ns/net`, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
}

/** Gives a machine's namespace its `eth0`, plugged into the bridge. */
export async function plugIn(layout: Layout, machine: string, address: string, initPid: number): Promise<void> {
  const { gateway } = addressesIn(address.split('.').slice(0, 3).join('.'));
  const port = portOf(machine);
  const fabric = await fabricPid(layout);
  // The kernel takes a namespace apart in its own time: the link of the machine's last life may still be there.
  await runToEnd(['nsenter', `--net=/proc/${fabric}/ns/net`, 'ip', 'link', 'delete', port]);
  await ipIn(fabric, [
    `link add ${port} type veth peer name eth0 address ${macOf(address)} netns ${initPid}`,
    `link set ${port} master lan up`,
  ]);
  await ipIn(initPid, [
    'link set lo up',
    `address add ${address}/24 brd + dev eth0`,
    'link set eth0 up',
    `route add default via ${gateway}`,
  ]);
}

/** Takes the machine's carrier away, as pulling the cable does, or gives it back. */
export async function setLink(layout: Layout, machine: string, state: 'up' | 'down'): Promise<void> {
  await ipIn(await fabricPid(layout), [`link set ${portOf(machine)} ${state}`]);
}

/** Ends the network. Works on whatever is left of one. */
export async function destroyFabric(layout: Layout): Promise<void> {
  await destroyCgroup(layout.cgroup, UNIT);
  // The link goes with its peer's namespace, but only after a while; an answer of "no such device" is as good.
  await runToEnd(['ip', 'link', 'delete', layout.hostLink]);
  const gone = async () => (await runToEnd(['ip', 'link', 'show', layout.hostLink])).code !== 0;
  await until(`the link ${layout.hostLink} to go`, gone);
}
