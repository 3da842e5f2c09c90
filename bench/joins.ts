import { readFile } from 'node:fs/promises';
import type { Machine } from '../src/shared/api/machine.ts';
import { until } from '../e2e/testbed/wait.ts';
import type { TestbedMachine } from '../e2e/testbed/testbed.ts';
import type { LoadClient } from './load-client.ts';

const MACHINES = '/apis/machines.wheelhouse.dev/v1alpha1/machines';
const CREDENTIALS = { namespace: 'kube-system', name: 'testbed' };

/** Stores the testbed's SSH key as the wizard does. */
export async function giveCredentials(client: LoadClient, { identityFile }: TestbedMachine): Promise<void> {
  await client.create(`/api/v1/namespaces/${CREDENTIALS.namespace}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: CREDENTIALS.name },
    type: 'wheelhouse.dev/ssh',
    stringData: { privateKey: await readFile(identityFile, 'utf8') },
  });
}

/** Joins a machine; resolves with the milliseconds from the Machine's creation until it is Ready. */
export async function join(client: LoadClient, machine: TestbedMachine): Promise<number> {
  const { name, address: host, user, hostKeySha256 } = machine;
  const startedAt = performance.now();
  await client.create(MACHINES, {
    apiVersion: 'machines.wheelhouse.dev/v1alpha1',
    kind: 'Machine',
    metadata: { name },
    spec: { host, user, hostKeySha256, credentialRef: CREDENTIALS },
  });
  await until(
    `${name} to be Ready`,
    async () => {
      const { status } = await client.get<Machine>(`${MACHINES}/${name}`);
      if (status?.phase === 'Failed') throw new Error(`${name} could not be joined: ${JSON.stringify(status)}`);
      return status?.phase === 'Ready';
    },
    { timeoutMs: 90_000 },
  );
  return performance.now() - startedAt;
}

/** Removes a machine; resolves with the milliseconds until it is gone. */
export async function remove(client: LoadClient, { name }: TestbedMachine): Promise<number> {
  const startedAt = performance.now();
  await client.send('DELETE', `${MACHINES}/${name}`);
  const left = async (): Promise<boolean> =>
    (await client.get<{ items: Machine[] }>(MACHINES)).items.some(({ metadata }) => metadata?.name === name);
  await until(`${name} to be removed`, async () => !(await left()), { timeoutMs: 90_000 });
  return performance.now() - startedAt;
}
