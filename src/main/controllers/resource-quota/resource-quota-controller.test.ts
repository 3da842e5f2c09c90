import { describe, expect, test } from 'vitest';
import { CONFIG_MAPS, PODS, RESOURCE_QUOTAS, SERVICES, type ResourceQuota } from '../../../shared/api/kinds.ts';
import { amountsOf } from '../../../shared/quota/amounts.ts';
import { aPod } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { LONGEST_WAIT_MS, plan, SETTLE_MS } from './plan.ts';
import { resourceQuotaController } from './resource-quota-controller.ts';

type Amounts = Record<string, string>;
const quota = (hard: Amounts, used?: Amounts): ResourceQuota => ({
  metadata: { name: 'q', namespace: 'default' },
  spec: { hard },
  ...(used ? { status: { hard, used } } : {}),
});

describe('plan', () => {
  const quiet = { lastMs: undefined, waitingSinceMs: undefined };
  test('the first status has everything; what is not asked about goes', () => {
    expect(plan(quota({ pods: '2', cpu: '1' }), amountsOf({ pods: '1', cpu: '0', memory: '1' }), quiet, 0)).toEqual({
      action: 'write',
      status: { hard: { pods: '2', cpu: '1' }, used: { pods: '1', cpu: '0' } },
    });
  });
  test('nothing is written that is there already, however it is written', () => {
    expect(plan(quota({ cpu: '1000m' }, { cpu: '0.5' }), amountsOf({ cpu: '500m' }), quiet, 0)).toEqual({
      action: 'none',
    });
  });
  test('what cannot be counted stays as it was', () => {
    const both = quota({ pods: '5', 'count/x.gone': '5' }, { pods: '1', 'count/x.gone': '3' });
    expect(plan(both, amountsOf({ pods: '2' }), quiet, 0)).toMatchObject({
      status: { used: { pods: '2', 'count/x.gone': '3' } },
    });
  });
  test('while admission is charging nothing is given back, but more is taken', () => {
    const charged = { lastMs: 1000, waitingSinceMs: undefined };
    const busy = quota({ pods: '5' }, { pods: '3' });
    expect(plan(busy, amountsOf({ pods: '2' }), charged, 1100)).toEqual({ action: 'wait', ms: SETTLE_MS - 100 });
    expect(plan(busy, amountsOf({ pods: '4' }), charged, 1100)).toMatchObject({ action: 'write' });
    expect(plan(busy, amountsOf({ pods: '2' }), charged, 1000 + SETTLE_MS)).toMatchObject({ action: 'write' });
    const patient = { lastMs: 9000, waitingSinceMs: 9000 - LONGEST_WAIT_MS };
    expect(plan(busy, amountsOf({ pods: '2' }), patient, 9000)).toMatchObject({ action: 'write' });
  });
});

describe('resourceQuotaController', () => {
  const used = (world: World) => async () => (await world.client.get(RESOURCE_QUOTAS, 'q', 'default')).status?.used;
  const until = (world: World, what: Amounts) =>
    world.until(JSON.stringify(what), used(world), (have) => JSON.stringify(have) === JSON.stringify(what));

  test('counts what is there, of any kind, and gives back what goes', async () => {
    const world = new World();
    await world.client.create(PODS, aPod({ name: 'a' }));
    await world.client.create(PODS, aPod({ name: 'b' }));
    await world.client.create(PODS, {
      ...aPod({ name: 'elsewhere' }),
      metadata: { name: 'elsewhere', namespace: 'other' },
    });
    await world.client.create(CONFIG_MAPS, { metadata: { name: 'm', namespace: 'default' } });
    await world.run(resourceQuotaController);
    await world.client.create(
      RESOURCE_QUOTAS,
      quota({ pods: '5', services: '1', 'count/configmaps': '3', 'count/unknown.example.com': '1' }),
    );
    await until(world, { pods: '2', services: '0', 'count/configmaps': '1' });
    await world.client.delete(PODS, { name: 'a', namespace: 'default' });
    await world.client.patch(
      PODS,
      { name: 'b', namespace: 'default', subresource: 'status' },
      { status: { phase: 'Succeeded' } },
    );
    await until(world, { pods: '0', services: '0', 'count/configmaps': '1' });
    await world.client.delete(CONFIG_MAPS, { name: 'm', namespace: 'default' });
    await until(world, { pods: '0', services: '0', 'count/configmaps': '0' });
    expect(world.faults).toEqual([]);
  });

  test('a new spec is taken over', async () => {
    const world = new World();
    await world.client.create(SERVICES, {
      metadata: { name: 's', namespace: 'default' },
      spec: { type: 'NodePort', ports: [{ port: 1 }] },
    });
    await world.run(resourceQuotaController);
    await world.client.create(RESOURCE_QUOTAS, quota({ services: '5' }));
    await until(world, { services: '1' });
    await world.client.patch(
      RESOURCE_QUOTAS,
      { name: 'q', namespace: 'default' },
      { spec: { hard: { services: null, 'services.nodeports': '9' } } },
    );
    await until(world, { 'services.nodeports': '1' });
  });

  test('a charge for what never came to be is given back once admission is quiet', async () => {
    const world = new World();
    await world.run(resourceQuotaController);
    await world.client.create(RESOURCE_QUOTAS, quota({ pods: '5' }));
    await until(world, { pods: '0' });
    await world.client.create(PODS, aPod({ name: 'a' }));
    const target = { name: 'q', namespace: 'default', subresource: 'status' };
    await world.client.patch(RESOURCE_QUOTAS, target, { status: { used: { pods: '3' } } });
    // Something else goes: the controller looks, and waits, as it cannot know what is still on its way.
    await world.client.delete(PODS, { name: 'a', namespace: 'default' });
    world.clock.advance(SETTLE_MS);
    await until(world, { pods: '0' });
  });
});
