/** RBAC decisions in this process: what a request pays for being judged, with few and with many bindings for others. */
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../src/shared/api/kinds.ts';
import type { Attributes } from '../src/main/apiserver/auth/authorizer.ts';
import { DEFAULT_POLICY } from '../src/main/apiserver/auth/rbac/bootstrap/policy.ts';
import { RbacAuthorizer } from '../src/main/apiserver/auth/rbac/rbac-authorizer.ts';
import { RuleResolver } from '../src/main/apiserver/auth/rbac/rule-resolver.ts';
import { PlainView } from '../src/main/apiserver/auth/testing/rbac-objects.ts';
import { Latencies } from './latencies.ts';
import { atMost, count, duration, on, type Benchmark, type Row } from './report.ts';

const GROUP = 'rbac.authorization.k8s.io';
const NAMESPACES = 100;
/** Decisions timed together: one alone is shorter than the clock can tell. */
const BATCH = 20;
const BATCHES = 5000;

const user = (index: number): string => `user-${index}`;
const namespace = (index: number): string => `team-${index % NAMESPACES}`;

function world(bindings: number): { authorizer: RbacAuthorizer; roleBindings: PlainView<RoleBinding> } {
  const binding = (index: number): RoleBinding => ({
    metadata: { name: `binding-${index}`, namespace: namespace(index) },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'system:aggregate-to-edit' },
    subjects: [{ kind: 'User', apiGroup: GROUP, name: user(index) }],
  });
  const roleBindings = new PlainView<RoleBinding>([
    ...DEFAULT_POLICY.roleBindings,
    ...Array.from({ length: bindings }, (_, index) => binding(index)),
  ]);
  const resolver = new RuleResolver({
    roles: new PlainView<Role>(DEFAULT_POLICY.roles),
    clusterRoles: new PlainView<ClusterRole>(DEFAULT_POLICY.clusterRoles),
    roleBindings,
    clusterRoleBindings: new PlainView<ClusterRoleBinding>(DEFAULT_POLICY.clusterRoleBindings),
  });
  return { authorizer: new RbacAuthorizer(resolver), roleBindings };
}

const request = (index: number, verb: string): Attributes => ({
  user: { name: user(index), groups: ['dev', 'system:authenticated'] },
  verb,
  resourceRequest: true,
  apiGroup: 'apps',
  apiVersion: 'v1',
  resource: 'deployments',
  subresource: '',
  namespace: namespace(index),
  name: 'web',
  path: '',
  fieldTerms: [],
});

const micros = (ms: number): string => `${(ms * 1000).toFixed(1)} µs`;

async function decisions(bindings: number, verb: string, what: string): Promise<Row> {
  const { authorizer } = world(bindings);
  const latencies = new Latencies();
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const requests = Array.from({ length: BATCH }, (_, index) => request((batch * 31 + index) % bindings, verb));
    const startedAt = performance.now();
    for (const asked of requests) await authorizer.authorize(asked);
    latencies.add((performance.now() - startedAt) / BATCH);
  }
  const values = { p50: micros(latencies.p50), p99: micros(latencies.p99) };
  return { what, values, budget: on('p99', atMost(latencies.p99 * 1000, 50, 'µs')) };
}

/** The first decision after a binding was written sorts them all anew. */
async function afterChange(bindings: number): Promise<Row> {
  const { authorizer, roleBindings } = world(bindings);
  const latencies = new Latencies();
  const [changed] = roleBindings.list();
  if (!changed) throw new Error('no bindings');
  for (let round = 0; round < 200; round += 1) {
    roleBindings.put(changed);
    await latencies.time(() => authorizer.authorize(request(1, 'update')));
  }
  const values = { p50: duration(latencies.p50), p99: duration(latencies.p99) };
  return { what: `the first after a change, ${count(bindings)} bindings`, values };
}

/** Runs the benchmark. */
export const authorization: Benchmark = async (emit) => {
  await decisions(100, 'update', 'warm-up');
  emit({
    title: 'Authorization',
    method: `RBAC over the default policy and one RoleBinding a user, in ${NAMESPACES} namespaces; mean of ${BATCH} decisions, over ${count(BATCHES)} of those; no HTTP.`,
    rows: [
      await decisions(10, 'update', 'allowed, 10 bindings'),
      await decisions(5000, 'update', 'allowed, 5,000 bindings'),
      await decisions(5000, 'escalate', 'refused, 5,000 bindings'),
      await afterChange(5000),
    ],
  });
};
