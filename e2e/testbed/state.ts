// What a testbed remembers in its folder, and the subnets that testbeds on this computer have taken.
import { mkdir, readFile, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Layout } from './layout.ts';

/** Who may pull from the private registry. */
export interface PrivateRegistry {
  readonly address: string;
  readonly username: string;
  readonly password: string;
}

export interface TestbedState {
  /** The first three numbers of the testbed's /24. */
  readonly prefix: string;
  /** False until `up` has come to its end: such a testbed is only good for `down`. */
  readonly complete: boolean;
  readonly machines: readonly { readonly name: string; readonly address: string; readonly docker: boolean }[];
  readonly registry: string;
  readonly privateRegistry: PrivateRegistry;
  readonly images: readonly string[];
}

const CLAIMS = '/run/wheelhouse-testbed';

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The state of the testbed in a folder; undefined when none was ever begun there. */
export async function readState({ stateFile }: Layout): Promise<TestbedState | undefined> {
  try {
    return JSON.parse(await readFile(stateFile, 'utf8')) as TestbedState;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export async function writeState({ stateFile }: Layout, state: TestbedState): Promise<void> {
  await writeFile(`${stateFile}.tmp`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${stateFile}.tmp`, stateFile);
}

/** Takes the first /24 in 10.99.0.0/16 that no other testbed and no interface of this computer uses. */
export async function claimSubnet({ dir }: Layout): Promise<string> {
  await mkdir(CLAIMS, { recursive: true });
  const local = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  for (let third = 0; third < 256; third += 1) {
    const prefix = `10.99.${third}`;
    if (local.some(({ address }) => address.startsWith(`${prefix}.`))) continue;
    try {
      await writeFile(join(CLAIMS, prefix), dir, { flag: 'wx' });
      return prefix;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
  throw new Error(`all subnets of 10.99.0.0/16 are taken; see ${CLAIMS}`);
}

/** Gives back what a testbed folder has taken. */
export async function releaseSubnets({ dir }: Layout): Promise<void> {
  try {
    for (const prefix of await readdir(CLAIMS)) {
      const owner = await readFile(join(CLAIMS, prefix), 'utf8');
      if (owner === dir) await rm(join(CLAIMS, prefix), { force: true });
    }
    await rmdir(CLAIMS);
  } catch (error) {
    // Never made, taken away by another testbed meanwhile, or still in use by one.
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY')) throw error;
  }
}
