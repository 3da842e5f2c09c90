import { describe, expect, test } from 'vitest';
import { isApiError } from '../../../../shared/api/errors.ts';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import { KindCatalog } from '../../../resources/catalog.ts';
import type { AdmissionRequest } from '../../admission/chain.ts';
import { rbacObjects } from '../testing/rbac-objects.ts';
import type { UserInfo } from '../user.ts';
import { rbacEscalation } from './escalation.ts';
import { RbacAuthorizer } from './rbac-authorizer.ts';
import { RuleResolver } from './rule-resolver.ts';

const GROUP = 'rbac.authorization.k8s.io';
const catalog = new KindCatalog();
const ann: UserInfo = { name: 'ann', groups: ['dev', 'system:authenticated'] };
const forAnn = [{ kind: 'User', apiGroup: GROUP, name: 'ann' }];

const clusterRoles: ClusterRole[] = [
  { metadata: { name: 'reader' }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }] },
  { metadata: { name: 'root' }, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
  { metadata: { name: 'escalator' }, rules: [{ apiGroups: [GROUP], resources: ['roles'], verbs: ['escalate'] }] },
  {
    metadata: { name: 'binder' },
    rules: [{ apiGroups: [GROUP], resources: ['clusterroles'], verbs: ['bind'], resourceNames: ['root'] }],
  },
];

/** `given`: the ClusterRoles bound to ann in the namespace `shop`. */
function check(
  given: string[],
  request: Partial<AdmissionRequest> & { object: KubeObject },
  plural: string,
): Promise<string> {
  const roleBindings: RoleBinding[] = given.map((name) => ({
    metadata: { name, namespace: 'shop' },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
    subjects: forAnn,
  }));
  const rules = new RuleResolver(rbacObjects({ clusterRoles, roleBindings }));
  const plugin = rbacEscalation({ authorizer: new RbacAuthorizer(rules), rules });
  const kind = catalog.find(GROUP, 'v1', plural);
  if (!kind) throw new Error(plural);
  const full: AdmissionRequest = {
    operation: 'CREATE',
    kind,
    subresource: '',
    namespace: plural.startsWith('cluster') ? '' : 'shop',
    name: 'x',
    user: ann,
    dryRun: false,
    warn: () => undefined,
    ...request,
  };
  return Promise.resolve(plugin.validate?.(full)).then(
    () => 'admitted',
    (error: unknown) => {
      if (!isApiError(error)) throw error;
      return `${error.code} ${error.message}`;
    },
  );
}

const role = (verbs: string[], more: Partial<Role> = {}): Role => ({
  metadata: { name: 'x', namespace: 'shop' },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
  ...more,
});
const binding = (kind: string, name: string): RoleBinding => ({
  metadata: { name: 'x', namespace: 'shop' },
  roleRef: { apiGroup: GROUP, kind, name },
  subjects: forAnn,
});

describe('roles', () => {
  test('what one holds can be given', async () => {
    expect(await check(['reader'], { object: role(['get', 'list']) }, 'roles')).toBe('admitted');
  });

  test('what one does not hold is named, verbs of one resource together', async () => {
    expect(await check(['reader'], { object: role(['get', 'delete', 'create']) }, 'roles')).toBe(
      '403 roles.rbac.authorization.k8s.io "x" is forbidden: user "ann" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete" "create"]}',
    );
  });

  test('roles that could not be found are told', async () => {
    expect(await check(['reader', 'gone'], { object: role(['delete']) }, 'roles')).toContain(
      '\n{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}; resolution errors: [clusterrole.rbac.authorization.k8s.io "gone" not found]',
    );
  });

  test('who may escalate, and masters, may give anything', async () => {
    expect(await check(['escalator'], { object: role(['*']) }, 'roles')).toBe('admitted');
    const user = { name: 'root', groups: ['system:masters'] };
    expect(await check([], { object: role(['*']), user }, 'roles')).toBe('admitted');
  });

  test('an update is checked too, but not of owners and finalizers alone', async () => {
    const old = role(['delete']);
    const update = { operation: 'UPDATE' as const, old };
    const relabelled = role(['delete'], { metadata: { name: 'x', namespace: 'shop', labels: { a: 'b' } } });
    expect(await check([], { ...update, object: relabelled }, 'roles')).toContain('403 ');
    const finalized = role(['delete'], { metadata: { name: 'x', namespace: 'shop', finalizers: ['example.com/x'] } });
    expect(await check([], { ...update, object: finalized }, 'roles')).toBe('admitted');
  });

  test('an aggregated role is for who holds everything', async () => {
    const object: ClusterRole = {
      metadata: { name: 'x' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
    };
    const refused =
      '403 clusterroles.rbac.authorization.k8s.io "x" is forbidden: must have cluster-admin privileges to use the aggregationRule';
    expect(await check(['root'], { object }, 'clusterroles')).toBe(refused);
    const plain: ClusterRole = { metadata: { name: 'x' }, rules: [] };
    expect(await check([], { operation: 'UPDATE', old: object, object: plain }, 'clusterroles')).toBe(refused);
    expect(await check([], { object: plain }, 'clusterroles')).toBe('admitted');
  });
});

describe('bindings', () => {
  test('a role whose rules one holds can be bound, another not', async () => {
    expect(await check(['reader'], { object: binding('ClusterRole', 'reader') }, 'rolebindings')).toBe('admitted');
    expect(await check(['reader'], { object: binding('ClusterRole', 'root') }, 'rolebindings')).toContain(
      '403 rolebindings.rbac.authorization.k8s.io "x" is forbidden: user "ann" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
    );
  });

  test('who may bind a role needs not hold it, in that namespace only', async () => {
    expect(await check(['binder'], { object: binding('ClusterRole', 'root') }, 'rolebindings')).toBe('admitted');
    const object: ClusterRoleBinding = { ...binding('ClusterRole', 'root'), metadata: { name: 'x' } };
    expect(await check(['binder'], { object }, 'clusterrolebindings')).toContain('403 ');
  });

  test('a role that does not exist cannot be bound', async () => {
    expect(await check(['reader'], { object: binding('Role', 'none') }, 'rolebindings')).toBe(
      '404 roles.rbac.authorization.k8s.io "none" not found',
    );
    expect(await check(['reader'], { object: binding('ClusterRole', 'none') }, 'rolebindings')).toBe(
      '404 clusterroles.rbac.authorization.k8s.io "none" not found',
    );
  });
});
