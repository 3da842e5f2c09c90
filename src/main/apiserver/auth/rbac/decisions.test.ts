import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../../../shared/api/kinds.ts';
import type { Attributes } from '../authorizer.ts';
import { PlainView, rbacObjects } from '../testing/rbac-objects.ts';
import { notCovered } from './coverage.ts';
import { ruleAllows, type PolicyRule } from './policy-rule.ts';
import { RbacAuthorizer } from './rbac-authorizer.ts';
import { RuleResolver } from './rule-resolver.ts';

const GROUP = 'rbac.authorization.k8s.io';

// A small world, so that rules and requests meet often.
const verbs = fc.constantFrom('get', 'list', 'create', 'bind');
const groups = fc.constantFrom('', 'apps');
const resources = fc.constantFrom('pods', 'deployments');
const subresources = fc.constantFrom('', 'scale', 'log');
const names = fc.constantFrom('', 'a', 'b');
const namespaces = fc.constantFrom('n1', 'n2');
const paths = fc.constantFrom('/', '/api', '/api/v1', '/apis', '/metrics');
const userNames = fc.constantFrom('ann', 'bob', 'system:serviceaccount:n1:robot', 'system:serviceaccount:n2:robot');
const groupNames = fc.constantFrom('dev', 'ops', 'ann');
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(value, { minLength: 1, maxLength: 3 });

const resourceRule: fc.Arbitrary<PolicyRule> = fc.record({
  verbs: some(fc.oneof(verbs, fc.constant('*'))),
  apiGroups: some(fc.oneof(groups, fc.constant('*'))),
  resources: some(
    fc.oneof(
      resources,
      fc.constantFrom('*', '*/scale', '*/*', 'pods/*'),
      fc.tuple(resources, subresources).map((parts) => parts.join('/')),
    ),
  ),
  resourceNames: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
});
const pathRule: fc.Arbitrary<PolicyRule> = fc.record({
  verbs: some(fc.oneof(verbs, fc.constant('*'))),
  nonResourceURLs: some(fc.oneof(paths, fc.constantFrom('*', '/api*', '/api/*', '/**', '/m*s'))),
});
const rules = fc.array(fc.oneof(resourceRule, pathRule), { maxLength: 3 });

const subject = fc.oneof(
  userNames.map((name) => ({ kind: 'User', apiGroup: GROUP, name })),
  groupNames.map((name) => ({ kind: 'Group', apiGroup: GROUP, name })),
  fc.record({
    kind: fc.constant('ServiceAccount'),
    name: fc.constantFrom('robot', 'ann'),
    namespace: fc.constantFrom('', 'n1', 'n2'),
  }),
);
const roleNames = fc.constantFrom('r1', 'r2', 'gone');
const refTo = (kind: string, name: string): RoleBinding['roleRef'] => ({ apiGroup: GROUP, kind, name });

const world = fc.record({
  roles: fc.array(
    fc
      .record({ name: fc.constantFrom('r1', 'r2'), namespace: namespaces, rules })
      .map((role): Role => ({ metadata: { name: role.name, namespace: role.namespace }, rules: role.rules })),
    { minLength: 2, maxLength: 4 },
  ),
  clusterRoles: fc.array(
    fc
      .record({ name: fc.constantFrom('r1', 'r2'), rules })
      .map((role): ClusterRole => ({ metadata: { name: role.name }, rules: role.rules })),
    { maxLength: 3 },
  ),
  roleBindings: fc.array(
    fc
      .record({
        name: fc.constantFrom('b1', 'b2', 'b3'),
        namespace: namespaces,
        kind: fc.constantFrom('Role', 'ClusterRole'),
        role: roleNames,
        subjects: fc.array(subject, { minLength: 1, maxLength: 4 }),
      })
      .map((binding): RoleBinding => ({
        metadata: { name: binding.name, namespace: binding.namespace },
        roleRef: refTo(binding.kind, binding.role),
        subjects: binding.subjects,
      })),
    { minLength: 2, maxLength: 6 },
  ),
  clusterRoleBindings: fc.array(
    fc
      .record({
        name: fc.constantFrom('c1', 'c2'),
        role: roleNames,
        subjects: fc.array(subject, { minLength: 1, maxLength: 4 }),
      })
      .map((binding): ClusterRoleBinding => ({
        metadata: { name: binding.name },
        roleRef: refTo('ClusterRole', binding.role),
        subjects: binding.subjects,
      })),
    { maxLength: 3 },
  ),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const request: fc.Arbitrary<Attributes> = fc
  .record({
    user: fc.record({ name: userNames, groups: fc.uniqueArray(groupNames, { maxLength: 2 }) }),
    verb: verbs,
    resourceRequest: fc.boolean(),
    apiGroup: groups,
    resource: resources,
    subresource: subresources,
    namespace: fc.oneof(fc.constant(''), namespaces),
    name: names,
    path: paths,
  })
  .map((parts) => ({ ...parts, apiVersion: 'v1', fieldTerms: [] }));

/** The last of a name wins, as in a store. */
const distinct = <T extends Role | RoleBinding>(objects: readonly T[]): T[] => new PlainView(objects).list();

/** The documented rules, tried on everything there is, one after the other. */
function oracle(all: World, asked: Attributes): boolean {
  const { user } = asked;
  const isSubject = (who: { kind: string; name: string; namespace?: string }, bindingNamespace: string): boolean => {
    if (who.kind === 'User') return who.name === user.name;
    if (who.kind === 'Group') return user.groups.some((group) => group === who.name);
    const parts = user.name.split(':');
    return (
      parts.length === 4 &&
      parts[0] === 'system' &&
      parts[1] === 'serviceaccount' &&
      parts[2] === (who.namespace || bindingNamespace) &&
      parts[3] === who.name
    );
  };
  const given: PolicyRule[] = [];
  for (const binding of [...distinct(all.clusterRoleBindings), ...distinct(all.roleBindings)]) {
    const namespace = binding.metadata?.namespace ?? '';
    if (namespace !== '' && namespace !== asked.namespace) continue;
    if (!(binding.subjects ?? []).some((who) => isSubject(who, namespace))) continue;
    const candidates: (Role | ClusterRole)[] =
      binding.roleRef.kind === 'ClusterRole'
        ? distinct(all.clusterRoles)
        : distinct(all.roles).filter((role) => role.metadata?.namespace === namespace);
    for (const role of candidates) if (role.metadata?.name === binding.roleRef.name) given.push(...(role.rules ?? []));
  }
  return given.some((rule) => {
    const anyOf = (set: readonly string[] | undefined, matches: (entry: string) => boolean): boolean =>
      (set ?? []).filter((entry) => entry === '*' || matches(entry)).length > 0;
    if (!anyOf(rule.verbs, (verb) => verb === asked.verb)) return false;
    if (!asked.resourceRequest)
      return anyOf(rule.nonResourceURLs, (url) => {
        const star = /^(.*?)\*+$/.exec(url);
        return star ? asked.path.indexOf(star[1] ?? '') === 0 : url === asked.path;
      });
    const full = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
    return (
      anyOf(rule.apiGroups, (group) => group === asked.apiGroup) &&
      anyOf(rule.resources, (entry) => {
        if (entry === full) return true;
        const [resource, ...rest] = entry.split('/');
        return asked.subresource !== '' && resource === '*' && rest.join('/') === asked.subresource;
      }) &&
      (!rule.resourceNames?.length || rule.resourceNames.includes(asked.name))
    );
  });
}

const authorizerOf = (all: World): RbacAuthorizer => new RbacAuthorizer(new RuleResolver(rbacObjects(all)));

describe('decisions', () => {
  test('are those of the documented rules, tried one after the other', async () => {
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(world, fc.array(request, { minLength: 20, maxLength: 20 }), async (all, requests) => {
        const authorizer = authorizerOf(all);
        for (const asked of requests) {
          const expected = oracle(all, asked);
          if (expected) allowed += 1;
          const decision = await authorizer.authorize(asked);
          expect({ asked, allow: decision.verdict === 'allow' }).toEqual({ asked, allow: expected });
        }
      }),
      { numRuns: 1000 },
    );
    // Else nothing but refusals would have been compared.
    expect(allowed).toBeGreaterThan(300);
  });

  test('a decision follows a change of bindings and roles', async () => {
    const bindings = new PlainView<RoleBinding>([]);
    const roles = new PlainView<Role>([]);
    const authorizer = new RbacAuthorizer(new RuleResolver({ ...rbacObjects({}), roleBindings: bindings, roles }));
    const asked: Attributes = {
      user: { name: 'system:serviceaccount:n1:robot', groups: [] },
      verb: 'get',
      resourceRequest: true,
      apiGroup: '',
      apiVersion: 'v1',
      resource: 'pods',
      subresource: '',
      namespace: 'n1',
      name: 'p',
      path: '',
      fieldTerms: [],
    };
    expect(await authorizer.authorize(asked)).toEqual({ verdict: 'no-opinion', reason: '' });
    bindings.put({
      metadata: { name: 'robots', namespace: 'n1' },
      roleRef: refTo('Role', 'reader'),
      subjects: [{ kind: 'ServiceAccount', name: 'robot' }],
    });
    expect(await authorizer.authorize(asked)).toEqual({
      verdict: 'no-opinion',
      reason: 'RBAC: role.rbac.authorization.k8s.io "reader" not found',
    });
    const reader: Role = {
      metadata: { name: 'reader', namespace: 'n1' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    };
    roles.put(reader);
    expect(await authorizer.authorize(asked)).toEqual({
      verdict: 'allow',
      reason: 'RBAC: allowed by RoleBinding "robots/n1" of Role "reader" to ServiceAccount "robot/n1"',
    });
    expect((await authorizer.authorize({ ...asked, namespace: 'n2' })).verdict).toBe('no-opinion');
    roles.put({ ...reader, rules: [] });
    expect((await authorizer.authorize(asked)).verdict).toBe('no-opinion');
  });

  test('several roles that are missing are all named', async () => {
    const binding = (name: string): ClusterRoleBinding => ({
      metadata: { name },
      roleRef: refTo('ClusterRole', name),
      subjects: [{ kind: 'Group', name: 'dev' }],
    });
    const authorizer = new RbacAuthorizer(
      new RuleResolver(rbacObjects({ clusterRoleBindings: [binding('x'), binding('y')] })),
    );
    const asked = { user: { name: 'ann', groups: ['dev'] }, verb: 'get', resourceRequest: false, path: '/' };
    const rest = {
      apiGroup: '',
      apiVersion: '',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      fieldTerms: [],
    };
    expect((await authorizer.authorize({ ...asked, ...rest })).reason).toBe(
      'RBAC: [clusterrole.rbac.authorization.k8s.io "x" not found, clusterrole.rbac.authorization.k8s.io "y" not found]',
    );
  });
});

describe('coverage', () => {
  test('rules that cover others allow whatever those allow', () => {
    let covered = 0;
    fc.assert(
      fc.property(rules, rules, request, (held, wanted, asked) => {
        fc.pre(notCovered(held, wanted).length === 0 && wanted.length > 0);
        covered += 1;
        if (wanted.some((rule) => ruleAllows(rule, asked)))
          expect(held.some((rule) => ruleAllows(rule, asked))).toBe(true);
      }),
      { numRuns: 2000, maxSkipsPerRun: 200 },
    );
    expect(covered).toBe(2000);
  });

  test.each<[string, PolicyRule[], PolicyRule[], number]>([
    [
      'itself',
      [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      0,
    ],
    [
      'not a star by all there is',
      [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }],
      [{ verbs: ['*'], apiGroups: [''], resources: ['pods'] }],
      1,
    ],
    [
      'a subresource by the star before it',
      [{ verbs: ['get'], apiGroups: [''], resources: ['*/log'] }],
      [{ verbs: ['get'], apiGroups: [''], resources: ['pods/log'] }],
      0,
    ],
    [
      'not a kind by its subresource',
      [{ verbs: ['get'], apiGroups: [''], resources: ['*/log'] }],
      [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      1,
    ],
    [
      'not all names by one',
      [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }],
      [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      1,
    ],
    [
      'one name by all',
      [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a', 'b'] }],
      0,
    ],
    [
      'by two rules together',
      [
        { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
        { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
      ],
      [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }],
      0,
    ],
    [
      'a path by a longer star',
      [{ verbs: ['get'], nonResourceURLs: ['/api/*'] }],
      [{ verbs: ['get'], nonResourceURLs: ['/api/v1/*', '/apis'] }],
      1,
    ],
    [
      'not a resource by paths',
      [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      1,
    ],
  ])('%s', (_what, held, wanted, missing) => {
    expect(notCovered(held, wanted)).toHaveLength(missing);
  });
});
