import { describe, expect, test } from 'vitest';
import { NODES } from '../../../shared/api/kinds.ts';
import { SIMULATED_LABEL } from '../../../shared/api/machine.ts';
import { aNode } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { CidrPool } from './cidr-pool.ts';
import { nodeIpamController } from './node-ipam-controller.ts';

describe('CidrPool', () => {
  test('gives out each subnet once and none that is taken', () => {
    const pool = new CidrPool('10.244.0.0/22', 24);
    pool.occupy('10.244.1.0/24');
    expect([1, 2, 3, 4].map(() => pool.allocate())).toEqual([
      '10.244.0.0/24',
      '10.244.2.0/24',
      '10.244.3.0/24',
      undefined,
    ]);
    pool.release('10.244.2.0/24');
    expect(pool.allocate()).toBe('10.244.2.0/24');
  });

  test('does not give the one just released to the next node', () => {
    const pool = new CidrPool('10.244.0.0/22', 24);
    pool.release(pool.allocate() ?? '');
    expect(pool.allocate()).toBe('10.244.1.0/24');
  });

  test('a larger network takes all it covers; one elsewhere nothing', () => {
    const pool = new CidrPool('10.244.0.0/22', 24);
    pool.occupy('10.244.2.0/23');
    pool.occupy('192.168.0.0/24');
    expect([1, 2, 3].map(() => pool.allocate())).toEqual(['10.244.0.0/24', '10.244.1.0/24', undefined]);
  });

  test.each(['10.244.0.0', '10.244.0.0/28', '300.0.0.0/8', 'fd00::/48'])('refuses to cut /24s out of %s', (range) => {
    expect(() => new CidrPool(range, 24)).toThrow('cannot cut');
  });
});

describe('nodeIpamController', () => {
  const cidrs = (world: World) => async (): Promise<(string | undefined)[]> =>
    (await world.list(NODES)).map(({ spec }) => spec?.podCIDR);

  test('respects what nodes have, whatever the order, and leaves simulated nodes alone', async () => {
    const world = new World();
    await world.client.create(NODES, aNode('a'));
    await world.client.create(NODES, aNode('b', 'True', { spec: { podCIDR: '10.244.0.0/24' } }));
    await world.client.create(
      NODES,
      aNode('sim', 'True', { metadata: { name: 'sim', labels: { [SIMULATED_LABEL]: 'true' } } }),
    );
    await world.run((deps) => nodeIpamController(deps));
    await world.until('a network', cidrs(world), ([first]) => first !== undefined);
    expect(await cidrs(world)()).toEqual(['10.244.1.0/24', '10.244.0.0/24', undefined]);
    expect((await world.client.get(NODES, 'a')).spec?.podCIDRs).toEqual(['10.244.1.0/24']);
  });

  test('says when there is none left, and gives out one that is freed', async () => {
    const world = new World();
    for (const name of ['a', 'b']) await world.client.create(NODES, aNode(name));
    await world.run((deps) => nodeIpamController(deps, { clusterCidr: '10.244.0.0/24', nodeMaskSize: 24 }));
    await world.until(
      'the event',
      () => world.events(),
      (all) => all.includes('CIDRNotAvailable Node b status is now: CIDRNotAvailable'),
    );
    await world.client.delete(NODES, { name: 'a' });
    await world.until('the network', cidrs(world), (all) => all.join() === '10.244.0.0/24');
  });
});
