import type { Role, RoleBinding } from '../../../../../shared/api/kinds.ts';
import type { PolicyRule } from '../policy-rule.ts';
import { EVENTS, READ, roleBinding, rule, serviceAccount, user } from './words.ts';

/** The default roles inside namespaces (bootstrappolicy/namespace_policy.go). */

const SYSTEM = 'kube-system';
const PUBLIC = 'kube-public';
const role = (namespace: string, name: string, rules: PolicyRule[]): Role => ({ metadata: { name, namespace }, rules });
const LEADER_OF = 'system::leader-locking-';

export const NAMESPACE_ROLES: readonly Role[] = [
  role(SYSTEM, 'extension-apiserver-authentication-reader', [
    rule(READ, 'core', 'configmaps', 'extension-apiserver-authentication'),
  ]),
  role(SYSTEM, 'system:controller:bootstrap-signer', [rule(READ, 'core', 'secrets')]),
  role(SYSTEM, 'system:controller:cloud-provider', [rule(`create ${READ}`, 'core', 'configmaps')]),
  role(SYSTEM, 'system:controller:token-cleaner', [rule(`delete ${READ}`, 'core', 'secrets'), EVENTS]),
  ...['kube-controller-manager', 'kube-scheduler'].map((name) =>
    role(SYSTEM, `${LEADER_OF}${name}`, [
      rule('watch', 'core', 'configmaps'),
      rule('get update', 'core', 'configmaps', name),
    ]),
  ),
  role(PUBLIC, 'system:controller:bootstrap-signer', [
    rule(READ, 'core', 'configmaps'),
    rule('update', 'core', 'configmaps', 'cluster-info'),
    EVENTS,
  ]),
];

const system = (name: string): ReturnType<typeof serviceAccount> => serviceAccount(SYSTEM, name);

export const NAMESPACE_BINDINGS: readonly RoleBinding[] = [
  roleBinding(
    SYSTEM,
    'extension-apiserver-authentication-reader',
    [user('system:kube-controller-manager'), user('system:kube-scheduler')],
    'system::extension-apiserver-authentication-reader',
  ),
  ...['kube-controller-manager', 'kube-scheduler'].map((name) =>
    roleBinding(SYSTEM, `${LEADER_OF}${name}`, [user(`system:${name}`), system(name)]),
  ),
  ...['bootstrap-signer', 'cloud-provider', 'token-cleaner'].map((name) =>
    roleBinding(SYSTEM, `system:controller:${name}`, [system(name)]),
  ),
  roleBinding(PUBLIC, 'system:controller:bootstrap-signer', [system('bootstrap-signer')]),
];
