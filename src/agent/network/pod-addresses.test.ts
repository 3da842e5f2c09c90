import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PodAddresses } from './pod-addresses.ts';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'addresses-'))));
afterEach(() => rm(directory, { recursive: true }));

const open = async (): Promise<PodAddresses> => {
  const addresses = new PodAddresses(join(directory, 'addresses.json'));
  await addresses.load();
  return addresses;
};

test('gives each pod its own address and never the gateway’s, until the range is full', async () => {
  const addresses = await open();
  const given = [];
  for (let pod = 0; pod < 5; pod += 1) given.push(await addresses.allocate(`p${pod}`, '10.244.1.0/29'));
  expect(given).toEqual(['10.244.1.2', '10.244.1.3', '10.244.1.4', '10.244.1.5', '10.244.1.6']);
  await expect(addresses.allocate('p5', '10.244.1.0/29')).rejects.toThrow('no IP addresses available');
});

test('a freed address rests until the others have been used', async () => {
  const addresses = await open();
  await addresses.allocate('a', '10.244.1.0/29');
  await addresses.release('a');
  expect(await addresses.allocate('b', '10.244.1.0/29')).toBe('10.244.1.3');
});

test('addresses and their order survive the agent', async () => {
  await (await open()).allocate('a', '10.244.1.0/24');
  const again = await open();
  expect(await again.allocate('a', '10.244.1.0/24')).toBe('10.244.1.2');
  expect(await again.allocate('b', '10.244.1.0/24')).toBe('10.244.1.3');
});

test('a machine with a new range gives new addresses', async () => {
  const addresses = await open();
  await addresses.allocate('a', '10.244.1.0/24');
  expect(await addresses.allocate('a', '10.244.2.0/24')).toBe('10.244.2.2');
});
