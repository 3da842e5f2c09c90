import { forbidden, notFound } from '../../../../shared/api/errors.ts';
import type { ClusterRole, Role } from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../../admission/chain.ts';
import { equalJson } from '../../registry/json-value.ts';
import type { Authorizer } from '../authorizer.ts';
import { MASTERS_GROUP } from '../user.ts';
import { compacted, describeRule, notCovered, quotedList } from './coverage.ts';
import type { PolicyRule } from './policy-rule.ts';
import type { RuleResolver } from './rule-resolver.ts';
import type { Binding } from './subjects.ts';

const GROUP = 'rbac.authorization.k8s.io';
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/**
 * Nobody gives away more than they have: who writes a role must hold all its rules (or may `escalate`), who writes a
 * binding must hold all rules of its role (or may `bind` it). Upstream does this in the storage of the four kinds
 * (`policybased` under pkg/registry/rbac); system:masters are let through.
 */
export function rbacEscalation(deps: {
  authorizer: Authorizer;
  rules: Pick<RuleResolver, 'rulesFor' | 'rulesOf'>;
}): AdmissionPlugin {
  async function may(request: AdmissionRequest, verb: string, resource: string, name: string): Promise<boolean> {
    const { verdict } = await deps.authorizer.authorize({
      user: request.user,
      verb,
      resourceRequest: true,
      apiGroup: GROUP,
      apiVersion: '*',
      resource,
      subresource: '',
      namespace: request.namespace,
      name,
      path: '',
      fieldTerms: [],
    });
    return verdict === 'allow';
  }

  function confirmHeld(request: AdmissionRequest, rules: readonly PolicyRule[]): void {
    const { user, namespace } = request;
    const held = deps.rules.rulesFor(user, namespace);
    const missing = notCovered(held.rules, rules);
    if (missing.length === 0) return;
    const described = [...new Set(compacted(missing).map(describeRule))].sort().join('\n');
    const errors = held.errors.length === 0 ? '' : `; resolution errors: [${held.errors.join(' ')}]`;
    throw refuse(
      request,
      `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${described}${errors}`,
    );
  }

  async function checkRole(request: AdmissionRequest): Promise<void> {
    const role = request.object as Role | ClusterRole;
    // The name of a create is not in its URL, and so not in what is asked here.
    const name = request.operation === 'CREATE' ? '' : request.name;
    if (await may(request, 'escalate', request.kind.type.plural, name)) return;
    confirmHeld(request, role.rules ?? []);
    if (!isAggregated(role) && !isAggregated(request.old)) return;
    // What an aggregated role comes to is not known here: it may be anything.
    if (notCovered(deps.rules.rulesFor(request.user, request.namespace).rules, EVERYTHING).length > 0)
      throw refuse(request, 'must have cluster-admin privileges to use the aggregationRule');
  }

  async function checkBinding(request: AdmissionRequest): Promise<void> {
    const { roleRef } = request.object as Binding;
    const plural = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    if (await may(request, 'bind', plural, roleRef.name)) return;
    const rules = deps.rules.rulesOf(roleRef, request.namespace);
    if (!rules) throw notFound({ group: GROUP, plural }, roleRef.name);
    confirmHeld(request, rules);
  }

  return {
    name: 'rbac escalation check',
    async validate(request) {
      if (request.kind.type.group !== GROUP || !request.object) return;
      if (request.user.groups.includes(MASTERS_GROUP) || onlyForGarbageCollection(request)) return;
      await (request.kind.type.plural.endsWith('roles') ? checkRole(request) : checkBinding(request));
    },
  };
}

const refuse = (request: AdmissionRequest, why: string): Error =>
  forbidden(request.kind.type, request.object?.metadata?.name ?? request.name, why);

const isAggregated = (role: KubeObject | undefined): boolean =>
  ((role as ClusterRole | undefined)?.aggregationRule?.clusterRoleSelectors ?? []).length > 0;

/** Owners and finalizers may be changed by whoever may update: else the garbage collector could not delete the object. */
function onlyForGarbageCollection({ object, old }: AdmissionRequest): boolean {
  if (!object || !old) return false;
  const comparable = ({ metadata, ...rest }: KubeObject): object => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _fields, ...kept } = metadata ?? {};
    return { ...rest, metadata: kept };
  };
  return equalJson(comparable(object), comparable(old));
}
