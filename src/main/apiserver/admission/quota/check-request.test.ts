import { describe, expect, test } from 'vitest';
import type { Pod, ResourceQuota, Service } from '../../../../shared/api/kinds.ts';
import { evaluatorOf } from '../../../../shared/quota/usage.ts';
import { RevisionMismatchError } from '../../../store/storage.ts';
import { Accountant } from './accountant.ts';
import { checkRequest, type Charge } from './check-request.ts';

type Amounts = Record<string, string>;
const quota = (
  name: string,
  hard: Amounts,
  used: Amounts,
  spec: Partial<NonNullable<ResourceQuota['spec']>> = {},
): ResourceQuota => ({
  metadata: { name, namespace: 'ns', resourceVersion: '1' },
  spec: { hard, ...spec },
  status: { hard, used },
});
const pods = evaluatorOf({ group: '', plural: 'pods' });
const services = evaluatorOf({ group: '', plural: 'services' });
function charge(requests: Amounts = {}): Charge {
  if (!pods) throw new Error('pods are counted');
  return {
    evaluator: pods,
    object: { spec: { containers: [{ name: 'c', resources: { requests } }] } } as Pod,
    old: undefined,
  };
}
const refusal = (quotas: ResourceQuota[], what: Charge): string | undefined => {
  const outcome = checkRequest(quotas, what, 0);
  return 'refused' in outcome ? outcome.refused : undefined;
};
const used = (quotas: ResourceQuota[], what: Charge): (Amounts | undefined)[] | string => {
  const outcome = checkRequest(quotas, what, 0);
  return 'refused' in outcome ? outcome.refused : outcome.quotas.map(({ status }) => status?.used);
};

describe('checkRequest', () => {
  test('charges every quota that counts the object, in the notation it has', () => {
    const both = [
      quota('a', { pods: '5' }, { pods: '1' }),
      quota('b', { 'requests.memory': '4Gi', cpu: '2' }, { 'requests.memory': '1Gi', cpu: '500m' }),
    ];
    expect(used(both, charge({ cpu: '250m', memory: '1Gi' }))).toEqual([
      { pods: '2' },
      { 'requests.memory': '2Gi', cpu: '750m' },
    ]);
  });

  test('says what would be exceeded, and by what', () => {
    expect(refusal([quota('q', { pods: '2' }, { pods: '2' })], charge())).toBe(
      'exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    );
    const two = quota('q', { cpu: '1', memory: '1Gi', pods: '9' }, { cpu: '500m', memory: '1Gi', pods: '1' });
    expect(refusal([two], charge({ cpu: '1', memory: '1Mi' }))).toBe(
      'exceeded quota: q, requested: cpu=1,memory=1Mi, used: cpu=500m,memory=1Gi, limited: cpu=1,memory=1Gi',
    );
  });

  test('asks for what must be said', () => {
    expect(refusal([quota('q', { 'limits.cpu': '1' }, { 'limits.cpu': '0' })], charge())).toBe(
      'failed quota: q: must specify limits.cpu for: c',
    );
  });

  test('refuses while nobody knows what is used', () => {
    expect(refusal([{ ...quota('q', {}, {}), status: { hard: { pods: '1', cpu: '1' } } }], charge({ cpu: '1' }))).toBe(
      'status unknown for quota: q, resources: cpu,pods',
    );
  });

  test('leaves quotas alone that count something else, or other pods', () => {
    const others = [
      quota('services', { services: '0' }, { services: '0' }),
      quota('terminating', { pods: '0' }, { pods: '0' }, { scopes: ['Terminating'] }),
      quota(
        'high',
        { pods: '0' },
        { pods: '0' },
        { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } },
      ),
      { metadata: { name: 'new' }, spec: { hard: { pods: '0' } }, status: {} },
    ];
    expect(checkRequest(others, charge(), 0)).toEqual({ quotas: others });
  });

  test('an update is charged what it uses more, and less is left to the controller', () => {
    if (!services) throw new Error('services are counted');
    const service = (type: string): Service => ({ spec: { type, ports: [{ port: 1 }, { port: 2 }] } });
    const ports = [
      quota('q', { services: '1', 'services.nodeports': '2' }, { services: '1', 'services.nodeports': '0' }),
    ];
    const change = (from: string, to: string): Charge => ({
      evaluator: services,
      object: service(to),
      old: service(from),
    });
    expect(used(ports, change('ClusterIP', 'NodePort'))).toEqual([{ services: '1', 'services.nodeports': '2' }]);
    expect(checkRequest(ports, change('NodePort', 'ClusterIP'), 0)).toEqual({ quotas: ports });
  });
});

describe('Accountant', () => {
  /** A store of one quota whose writes take a turn; `interfere` runs before each. */
  function world(interfere: (state: { quota: ResourceQuota }) => void = () => undefined) {
    const state = { quota: quota('q', { pods: '50' }, { pods: '0' }), writes: 0 };
    const accountant = new Accountant(
      {
        list: () => Promise.resolve([state.quota]),
        async write(changed) {
          await Promise.resolve();
          interfere(state);
          state.writes += 1;
          const current = state.quota.metadata?.resourceVersion;
          if (changed.metadata?.resourceVersion !== current)
            throw new RevisionMismatchError('q', {
              key: 'q',
              value: state.quota as never,
              createRevision: 1,
              modRevision: Number(current),
            });
          state.quota = { ...changed, metadata: { ...changed.metadata, resourceVersion: String(Number(current) + 1) } };
        },
      },
      { now: () => 0 },
    );
    return { state, accountant };
  }
  const many = (accountant: Accountant, count: number, dryRun = false) =>
    Promise.all(Array.from({ length: count }, () => accountant.charge('ns', charge(), dryRun)));

  test('200 at once against 50 admit exactly 50, in a few writes', async () => {
    const { state, accountant } = world();
    const outcomes = await many(accountant, 200);
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(50);
    expect(outcomes.at(-1)).toBe('exceeded quota: q, requested: pods=1, used: pods=50, limited: pods=50');
    expect(state.quota.status?.used).toEqual({ pods: '50' });
    expect(state.writes).toBeLessThan(5);
  });

  test('a lost race is run again over what is there now', async () => {
    let raced = false;
    const { state, accountant } = world((current) => {
      if (raced) return;
      raced = true;
      current.quota = quota('q', { pods: '50' }, { pods: '45' });
      current.quota.metadata = { ...current.quota.metadata, resourceVersion: '7' };
    });
    const outcomes = await many(accountant, 10);
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(5);
    expect(state.quota.status?.used).toEqual({ pods: '50' });
  });

  test('a dry run is judged and not charged', async () => {
    const { state, accountant } = world();
    expect(await many(accountant, 3, true)).toEqual([undefined, undefined, undefined]);
    expect(state.writes).toBe(0);
  });

  test('a store that fails fails the charge, and the next one is tried', async () => {
    let broken = true;
    const { accountant } = world(() => {
      if (broken) throw new Error('disk full');
    });
    await expect(accountant.charge('ns', charge(), false)).rejects.toThrow('disk full');
    broken = false;
    expect(await accountant.charge('ns', charge(), false)).toBeUndefined();
  });
});
