import { describe, expect, test } from 'vitest';
import type { ClusterRole, ClusterRoleBinding } from '../../../../../shared/api/kinds.ts';
import { KINDS } from '../../../../resources/registry.ts';
import { ruleAllows } from '../policy-rule.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { AUTO_UPDATE, reconcileBinding, reconcileRole } from './reconcile.ts';

const { clusterRoles, clusterRoleBindings, roles, roleBindings } = DEFAULT_POLICY;
const everything = [...clusterRoles, ...clusterRoleBindings, ...roles, ...roleBindings];

describe('the default policy', () => {
  test('is valid, marked, and without two of a name', () => {
    const seen = new Set<string>();
    for (const object of everything) {
      const kind = KINDS.find(({ type }) => type.kind === object.kind);
      expect(kind?.validate(object) ?? ['no kind']).toEqual([]);
      expect(object.metadata?.labels?.['kubernetes.io/bootstrapping']).toBe('rbac-defaults');
      expect(object.metadata?.annotations?.[AUTO_UPDATE]).toBe('true');
      const key = `${object.kind ?? ''}/${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
      expect(seen.has(key) ? key : '').toBe('');
      seen.add(key);
    }
  });

  test('every binding is of a role that is there', () => {
    const known = new Set(
      [...clusterRoles, ...roles].map(({ metadata }) => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`),
    );
    for (const { metadata, roleRef } of [...clusterRoleBindings, ...roleBindings]) {
      const namespace = roleRef.kind === 'Role' ? (metadata?.namespace ?? '') : '';
      expect(known).toContain(`${namespace}/${roleRef.name}`);
    }
  });

  test('has Kubernetes’ names', () => {
    expect(clusterRoles.map(({ metadata }) => metadata?.name)).toEqual(
      expect.arrayContaining(['cluster-admin', 'admin', 'edit', 'view', 'system:node', 'system:discovery']),
    );
    expect(clusterRoles.filter(({ metadata }) => metadata?.name?.startsWith('system:controller:'))).toHaveLength(37);
  });

  test('neither viewers nor the editors’ own rules reach secrets by reading, or roles at all', () => {
    const view = clusterRoles.find(({ metadata }) => metadata?.name === 'system:aggregate-to-view');
    const asked = {
      user: { name: '', groups: [] },
      resourceRequest: true,
      apiVersion: 'v1',
      subresource: '',
      namespace: 'x',
      name: '',
      path: '',
      fieldTerms: [],
    };
    const allows = (verb: string, apiGroup: string, resource: string): boolean =>
      (view?.rules ?? []).some((rule) => ruleAllows(rule, { ...asked, verb, apiGroup, resource }));
    expect(allows('get', '', 'pods')).toBe(true);
    expect(allows('get', '', 'secrets')).toBe(false);
    expect(allows('get', 'rbac.authorization.k8s.io', 'roles')).toBe(false);
  });
});

describe('reconciliation', () => {
  const expected: ClusterRole = {
    metadata: { name: 'x', labels: { a: '1' }, annotations: { [AUTO_UPDATE]: 'true' } },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
  };

  test('makes what is missing and leaves alone what is whole', () => {
    expect(reconcileRole(expected, undefined)).toEqual({ action: 'create', object: expected });
    expect(reconcileRole(expected, { ...expected, kind: 'ClusterRole' })).toEqual({ action: 'none' });
  });

  test('adds permissions and labels that were taken away, and keeps what was added', () => {
    const existing: ClusterRole = {
      metadata: { name: 'x', labels: { a: 'mine', b: '2' } },
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
        { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
      ],
    };
    expect(reconcileRole(expected, existing)).toEqual({
      action: 'update',
      object: {
        metadata: { name: 'x', labels: { a: 'mine', b: '2' }, annotations: { [AUTO_UPDATE]: 'true' } },
        rules: [...(existing.rules ?? []), { apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
      },
    });
  });

  test('does not touch what an administrator took out', () => {
    const protectedRole: ClusterRole = { metadata: { name: 'x', annotations: { [AUTO_UPDATE]: 'false' } }, rules: [] };
    expect(reconcileRole(expected, protectedRole)).toEqual({ action: 'none' });
  });

  test('an aggregated role gets its selectors back, not its rules', () => {
    const selector = { matchLabels: { team: 'a' } };
    const aggregated: ClusterRole = { metadata: { name: 'x' }, aggregationRule: { clusterRoleSelectors: [selector] } };
    const filled: ClusterRole = {
      metadata: { name: 'x', labels: {}, annotations: {} },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { team: 'b' } }] },
    };
    expect(reconcileRole(aggregated, filled)).toEqual({
      action: 'update',
      object: { ...filled, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { team: 'b' } }, selector] } },
    });
  });

  test('a binding gets its subjects back; one of another role is made anew', () => {
    const subject = (name: string): { kind: string; name: string } => ({ kind: 'Group', name });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'x' };
    const binding: ClusterRoleBinding = { metadata: { name: 'x' }, roleRef, subjects: [subject('a'), subject('b')] };
    expect(reconcileBinding(binding, undefined)).toEqual({ action: 'create', object: binding });
    const existing: ClusterRoleBinding = {
      metadata: { name: 'x', labels: {}, annotations: {} },
      roleRef,
      subjects: [subject('b'), subject('c')],
    };
    expect(reconcileBinding(binding, existing)).toEqual({
      action: 'update',
      object: { ...existing, subjects: [subject('b'), subject('c'), subject('a')] },
    });
    expect(reconcileBinding(binding, { ...existing, roleRef: { ...roleRef, name: 'y' } })).toEqual({
      action: 'recreate',
      object: binding,
    });
  });
});
