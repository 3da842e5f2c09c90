import { describe, expect, test } from 'vitest';
import { CLUSTER_ROLES, type ClusterRole } from '../../../shared/api/kinds.ts';
import { World } from '../testing/world.ts';
import { clusterRoleAggregationController } from './cluster-role-aggregation-controller.ts';
import { planRules } from './plan.ts';

const rule = (resource: string): NonNullable<ClusterRole['rules']>[number] => ({
  apiGroups: [''],
  resources: [resource],
  verbs: ['get'],
});
const part = (name: string, label: string, ...resources: string[]): ClusterRole => ({
  metadata: { name, labels: { [label]: 'true' } },
  rules: resources.map(rule),
});
const aggregated = (name: string, ...labels: string[]): ClusterRole => ({
  metadata: { name },
  aggregationRule: { clusterRoleSelectors: labels.map((label) => ({ matchLabels: { [label]: 'true' } })) },
});

describe('the rules of an aggregated role', () => {
  test('are those of the roles it selects, by name, each once', () => {
    const all = [part('b', 'x', 'pods', 'nodes'), part('a', 'x', 'nodes'), part('c', 'y', 'secrets')];
    expect(planRules(aggregated('sum', 'x'), all)).toEqual([rule('nodes'), rule('pods')]);
    expect(planRules(aggregated('sum', 'y', 'x'), all)).toEqual([rule('secrets'), rule('nodes'), rule('pods')]);
  });

  test('do not come from itself, and not from no selector', () => {
    const itself = {
      ...aggregated('sum', 'x'),
      metadata: { name: 'sum', labels: { x: 'true' } },
      rules: [rule('pods')],
    };
    expect(planRules(itself, [itself])).toEqual([]);
    expect(planRules(part('plain', 'x', 'pods'), [])).toBeUndefined();
  });

  test('are left alone when they are right', () => {
    expect(planRules({ ...aggregated('sum', 'x'), rules: [rule('pods')] }, [part('a', 'x', 'pods')])).toBeUndefined();
    expect(planRules(aggregated('sum', 'x'), [])).toBeUndefined();
  });
});

test('follows the roles, over two steps, and takes foreign rules out', async () => {
  const world = new World();
  await world.client.create(CLUSTER_ROLES, part('a', 'to-edit', 'pods'));
  const edit = aggregated('edit', 'to-edit');
  await world.client.create(CLUSTER_ROLES, { ...edit, metadata: { name: 'edit', labels: { 'to-admin': 'true' } } });
  await world.client.create(CLUSTER_ROLES, aggregated('admin', 'to-admin'));
  await world.run(clusterRoleAggregationController);
  const rulesOf = async (name: string): Promise<string> =>
    ((await world.client.get(CLUSTER_ROLES, name)).rules ?? []).map(({ resources }) => resources?.join()).join(' ');
  await world.until(
    'both',
    () => rulesOf('admin'),
    (found) => found === 'pods',
  );

  await world.client.create(CLUSTER_ROLES, part('b', 'to-edit', 'services'));
  await world.until(
    'more',
    () => rulesOf('admin'),
    (found) => found === 'pods services',
  );
  await world.client.patch(CLUSTER_ROLES, { name: 'edit' }, { rules: [rule('secrets')] });
  await world.until(
    'as before',
    () => rulesOf('edit'),
    (found) => found === 'pods services',
  );
  await world.client.delete(CLUSTER_ROLES, { name: 'a' });
  await world.until(
    'less',
    () => rulesOf('admin'),
    (found) => found === 'services',
  );
  expect(world.faults).toEqual([]);
});
