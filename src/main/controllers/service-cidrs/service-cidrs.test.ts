import { expect, test } from 'vitest';
import { IP_ADDRESSES, SERVICE_CIDRS, type ServiceCIDR } from '../../../shared/api/kinds.ts';
import { World } from '../testing/world.ts';
import { planCidr, SERVICE_CIDR_FINALIZER } from './plan.ts';
import { serviceCidrController } from './service-cidr-controller.ts';

const cidr = (name: string, range: string, going = false): ServiceCIDR => ({
  metadata: {
    name,
    finalizers: [SERVICE_CIDR_FINALIZER],
    ...(going ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { cidrs: [range] },
});
const used = { metadata: { name: '10.97.0.5' } };
const going = cidr('extra', '10.97.0.0/24', true);
const plan = (others: ServiceCIDR[], addresses = [used]) => planCidr(going, others, addresses, 'now');

test('a range that is to go stays while an address of it is in use, unless another range has it too', () => {
  expect(plan([])).toMatchObject({
    finalizers: [SERVICE_CIDR_FINALIZER],
    ready: { status: 'False', reason: 'Terminating' },
  });
  expect(plan([cidr('big', '10.97.0.0/16')]).finalizers).toEqual([]);
  expect(plan([cidr('big', '10.97.0.0/16', true)]).finalizers).toHaveLength(1);
  expect(plan([], [{ metadata: { name: '10.96.0.5' } }]).finalizers).toEqual([]);
});

test('a new range is protected and said to be ready', async () => {
  const world = new World();
  await world.client.create(SERVICE_CIDRS, { metadata: { name: 'extra' }, spec: { cidrs: ['10.97.0.0/24'] } });
  await world.client.create(IP_ADDRESSES, used);
  await world.run(serviceCidrController);
  const found = await world.until(
    'it to be ready',
    () => world.client.get(SERVICE_CIDRS, 'extra'),
    ({ status }) => status?.conditions?.[0]?.status === 'True',
  );
  expect(found.metadata?.finalizers).toEqual([SERVICE_CIDR_FINALIZER]);
});
