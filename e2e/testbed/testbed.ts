// Bringing a testbed up and down as a whole: N separate machines on this one computer, and what they need around them.
import { mkdir, readFile, readdir, rm, rmdir } from 'node:fs/promises';
import { testbedUnsupportedReason } from '../../scripts/system-packages.mjs';
import { destroyCgroup, pidsIn } from './cgroups.ts';
import { buildFabric, destroyFabric } from './fabric.ts';
import { ACCOUNTS, identitiesOf, makeIdentities, PASSPHRASE } from './identities.ts';
import { testImages, type TestImage } from './images.ts';
import { addressesIn, DEFAULT_DIR, layoutOf, MAX_MACHINES, type Layout } from './layout.ts';
import { hostKeySha256, isRunning, powerOff, powerOn, prepareMachine, type MachineRef } from './machine.ts';
import { run } from './processes.ts';
import { pushImage } from './registry-push.ts';
import { startNameServer, startOpenRegistry, startPrivateRegistry } from './services.ts';
import {
  claimSubnet,
  readState,
  releaseSubnets,
  writeState,
  type PrivateRegistry,
  type TestbedState,
} from './state.ts';

const GIBIBYTE = 1024 ** 3;

/** A machine as `status --json` shows it. The testbed's functions take it as their argument. */
export interface TestbedMachine extends MachineRef {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly hostKeySha256: string;
  readonly running: boolean;
  readonly docker: boolean;
  readonly passphraseIdentity: { readonly identityFile: string; readonly passphrase: string };
  /** A key that no account accepts. */
  readonly strangerIdentityFile: string;
  readonly users: typeof ACCOUNTS;
}

export interface TestbedStatus {
  readonly machines: readonly TestbedMachine[];
  /** HOST:PORT of the registry without a password. */
  readonly registry: string;
  readonly privateRegistry: PrivateRegistry;
  /** Full references, ready to pull. */
  readonly images: readonly string[];
}

export interface UpOptions {
  readonly machines: number;
  /** Where everything is kept; two testbeds need two folders. Default `DEFAULT_DIR`. */
  readonly dir?: string;
  /** Names of machines that are to have no Docker. */
  readonly withoutDocker?: readonly string[];
  /** The size of each machine's disk (sparse). Default 20 GiB. */
  readonly diskBytes?: number;
  readonly report?: (line: string) => void;
  /** Makes `upTestbed` stop at its next step, take everything down and reject with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Like `Promise.all`, but rejects only when all have ended: nothing may go on building while we take down. */
async function allEnded<T extends readonly Promise<unknown>[]>(
  promises: [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/**
 * Brings up `machines` machines named wh-1, wh-2, ... and resolves when all answer over SSH and Docker and the
 * registries hold their images. On failure, takes down what it began and rejects. Remains of an earlier testbed in the
 * same folder are removed; a living one is an error.
 */
export async function upTestbed(options: UpOptions): Promise<TestbedStatus> {
  const { machines: count, dir = DEFAULT_DIR } = options;
  const unsupported = testbedUnsupportedReason();
  if (unsupported !== undefined) throw new Error(unsupported);
  if (!Number.isInteger(count) || count < 1 || count > MAX_MACHINES) {
    throw new Error(`a testbed has 1 to ${MAX_MACHINES} machines, not ${count}`);
  }
  const layout = layoutOf(dir);
  if ((await pidsIn(layout.cgroup)).length > 0) {
    throw new Error(`a testbed is already up in ${layout.dir}; take it down first`);
  }
  await downTestbed(dir);
  try {
    await build(layout, options);
  } catch (error) {
    await downTestbed(dir);
    throw error;
  }
  const status = await testbedStatus(dir);
  if (!status) throw new Error(`the testbed in ${layout.dir} vanished while it came up`);
  return status;
}

async function build(
  layout: Layout,
  { machines: count, withoutDocker = [], diskBytes = 20 * GIBIBYTE, report = () => undefined, signal }: UpOptions,
) {
  await mkdir(layout.dir, { recursive: true });
  const prefix = await claimSubnet(layout);
  const addresses = addressesIn(prefix);
  const registry = `${addresses.host}:5000`;
  const privateRegistry = { address: `${addresses.host}:5001`, username: 'testbed', password: 'let-me-in' };
  const machines = Array.from({ length: count }, (_, index) => {
    const name = `wh-${index + 1}`;
    return { name, address: addresses.machine(index), docker: !withoutDocker.includes(name) };
  });
  const state: TestbedState = { prefix, complete: false, machines, registry, privateRegistry, images: [] };
  await writeState(layout, state);

  report('network and registries');
  await buildFabric(layout, prefix);
  const [authorizedKeys] = await allEnded([
    makeIdentities(layout),
    startOpenRegistry(layout, registry),
    startPrivateRegistry(layout, privateRegistry),
    startNameServer(layout, addresses.host),
  ]);
  signal?.throwIfAborted();
  report(`starting ${count} machines, filling the registries`);
  const insecureRegistries = [registry, privateRegistry.address];
  const [images] = await allEnded([
    fillRegistries(registry, privateRegistry),
    ...machines.map(async ({ name, address, docker }) => {
      const ref = { testbed: layout.dir, name };
      await prepareMachine({ ...ref, address, docker, diskBytes, authorizedKeys, insecureRegistries });
      signal?.throwIfAborted();
      await powerOn(ref, address, docker);
    }),
  ]);
  signal?.throwIfAborted();
  await writeState(layout, { ...state, images, complete: true });
}

async function fillRegistries(registry: string, privateRegistry: PrivateRegistry): Promise<string[]> {
  const push = async ({ repository, tags, image, private: isPrivate = false }: TestImage): Promise<string[]> => {
    const target = isPrivate ? { registry: privateRegistry.address, credentials: privateRegistry } : { registry };
    await pushImage(image, { ...target, repository, tags });
    return tags.map((tag) => `${target.registry}/${repository}:${tag}`);
  };
  return (await allEnded((await testImages()).map(push))).flat();
}

/** The testbed in a folder; undefined when none is up there. */
export async function testbedStatus(dir: string = DEFAULT_DIR): Promise<TestbedStatus | undefined> {
  const layout = layoutOf(dir);
  const state = await readState(layout);
  if (!state?.complete || (await pidsIn(layout.cgroup)).length === 0) return undefined;
  const { plain, withPassphrase, stranger } = identitiesOf(layout);
  const describe = async ({ name, address, docker }: TestbedState['machines'][number]): Promise<TestbedMachine> => {
    const ref = { testbed: layout.dir, name };
    const [key, running] = await Promise.all([hostKeySha256(ref), isRunning(ref)]);
    return {
      name,
      address,
      port: 22,
      user: 'root',
      identityFile: plain,
      hostKeySha256: key,
      testbed: layout.dir,
      running,
      docker,
      passphraseIdentity: { identityFile: withPassphrase, passphrase: PASSPHRASE },
      strangerIdentityFile: stranger,
      users: ACCOUNTS,
    };
  };
  const { registry, privateRegistry, images } = state;
  return { machines: await Promise.all(state.machines.map(describe)), registry, privateRegistry, images };
}

/**
 * Takes down whatever there is of a testbed: processes, cgroups, links, mounts, its folder. Finds it by names that
 * follow from the folder's path, so it also works after `up` or any of its processes was killed, and does nothing when
 * there is nothing. Leaves alone what it finds in the folder that a testbed does not put there.
 */
export async function downTestbed(dir: string = DEFAULT_DIR): Promise<void> {
  const layout = layoutOf(dir);
  const state = await readState(layout);
  await Promise.all((state?.machines ?? []).map(({ name }) => powerOff({ testbed: layout.dir, name })));
  await destroyFabric(layout);
  await destroyCgroup(layout.cgroup);
  await unmountBelow(layout.dir);
  await releaseSubnets(layout);
  if (state) await removeFolder(layout);
}

/** The state goes last, so that a removal that was cut short can be taken up again. */
async function removeFolder({
  dir,
  keys,
  logs,
  machines,
  registry,
  privateRegistry,
  stateFile,
}: Layout): Promise<void> {
  for (const folder of [keys, logs, machines, registry, privateRegistry]) {
    await rm(folder, { recursive: true, force: true });
  }
  await rm(stateFile);
  if ((await readdir(dir)).length === 0) await rmdir(dir);
}

/** No mount of a testbed is ever made in this computer's namespace; one that someone made would be emptied by `rm`. */
async function unmountBelow(dir: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const path of mounts.filter((mount) => mount.startsWith(`${dir}/`)).reverse()) await run(['umount', '-l', path]);
}
