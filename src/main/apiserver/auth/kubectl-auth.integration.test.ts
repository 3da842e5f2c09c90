import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from '../../../shared/api/kinds.ts';
import { kubeconfigOf } from '../pki/kubeconfig.ts';
import { KUBECTL, kubectlOf } from '../testing/kubectl-versions.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const VERSIONS = ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33'];
const rbac = 'rbac.authorization.k8s.io';

let api: TestServer;
let home: string;
/** Whose kubeconfig is used: the administrator's, or that of ann of the group dev. */
type Who = 'admin' | 'ann';
const kubeconfigs = {} as Record<Who, string>;

function run(program: string, who: Who, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const options = { env: { ...process.env, KUBECONFIG: kubeconfigs[who], HOME: home } };
  return new Promise((resolve) =>
    execFile(program, ['--cache-dir', join(home, 'cache'), ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err }),
    ),
  );
}

const kubectl = (who: Who, ...args: string[]): ReturnType<typeof run> => run(KUBECTL ?? '', who, ...args);

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'wheelhouse-auth-'));
  api = await startTestServer();
  kubeconfigs.admin = api.kubeconfig;
  kubeconfigs.ann = join(home, 'ann.kubeconfig');
  const pair = await api.pki.issueClientCertificate({ commonName: 'ann', organizations: ['dev'] });
  await writeFile(kubeconfigs.ann, kubeconfigOf({ server: api.server.url }, api.pki.caCertificate, 'ann', pair));
  await api.client.create(ROLES, {
    metadata: { name: 'pod-reader', namespace: 'default' },
    rules: [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] }],
  });
  await api.client.create(ROLE_BINDINGS, {
    metadata: { name: 'dev-reads-pods', namespace: 'default' },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'pod-reader' },
    subjects: [{ kind: 'Group', apiGroup: rbac, name: 'dev' }],
  });
});
afterAll(async () => {
  await api.close();
  await rm(home, { recursive: true, force: true });
});

describe.each(VERSIONS)('kubectl %s', (version) => {
  const program = kubectlOf(version);

  test.skipIf(!program)('auth can-i, --list, --as and whoami', async () => {
    const ask = (who: Who, ...args: string[]): ReturnType<typeof run> => run(program ?? '', who, ...args);
    const [yes, no, named, other, listed, path, asAnn, whoami] = await Promise.all([
      ask('ann', 'auth', 'can-i', 'list', 'pods'),
      ask('ann', 'auth', 'can-i', 'delete', 'pods'),
      ask('ann', 'auth', 'can-i', 'get', 'pods/web', '--subresource=log'),
      ask('ann', 'auth', 'can-i', 'list', 'pods', '-n', 'kube-system'),
      ask('ann', 'auth', 'can-i', '--list'),
      ask('ann', 'auth', 'can-i', 'get', '/metrics'),
      ask('admin', 'auth', 'can-i', 'list', 'pods', '--as=bob', '--as-group=dev'),
      ask('ann', 'auth', 'whoami'),
    ]);
    expect([yes.out, yes.code]).toEqual(['yes\n', 0]);
    expect([no.out, no.code]).toEqual(['no\n', 1]);
    expect([named.out, named.code]).toEqual(['yes\n', 0]);
    expect([other.out, other.code]).toEqual(['no\n', 1]);
    expect([path.out, path.code]).toEqual(['no\n', 1]);
    expect([asAnn.out, asAnn.code]).toEqual(['yes\n', 0]);
    expect(listed.out).toMatch(/^pods +\[\] +\[\] +\[get list\]$/m);
    expect(listed.out).toMatch(/^selfsubjectaccessreviews\.authorization\.k8s\.io +\[\] +\[\] +\[create\]$/m);
    expect(listed.out).toMatch(/^ +\[\/api\/\*\] +\[\] +\[get\]$/m);
    expect(whoami.err).toBe('');
    expect(whoami.out).toMatch(/^Username +ann$/m);
    expect(whoami.out).toMatch(/^Groups +\[dev system:authenticated\]$/m);
  });
});

describe.skipIf(!KUBECTL)('roles by kubectl', () => {
  test('what a user may not do is told in upstream’s words', async () => {
    expect((await kubectl('ann', 'delete', 'pod', 'web')).err).toBe(
      'Error from server (Forbidden): pods "web" is forbidden: User "ann" cannot delete resource "pods" in API group "" in the namespace "default"\n',
    );
    expect((await kubectl('ann', 'get', 'pods')).err).toBe('No resources found in default namespace.\n');
    expect((await kubectl('ann', 'get', 'pods', '-A')).err).toContain(
      'pods is forbidden: User "ann" cannot list resource "pods" in API group "" at the cluster scope',
    );
  });

  test('auth reconcile adds what is missing and keeps what was added', async () => {
    const manifest = (verbs: string): string => `
apiVersion: ${rbac}/v1
kind: ClusterRole
metadata: {name: keeper}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [${verbs}]}
---
apiVersion: ${rbac}/v1
kind: ClusterRoleBinding
metadata: {name: keepers}
roleRef: {apiGroup: ${rbac}, kind: ClusterRole, name: keeper}
subjects:
- {apiGroup: ${rbac}, kind: Group, name: keepers}
`;
    const path = join(home, 'keeper.yaml');
    await writeFile(path, manifest('get'));
    const first = await kubectl('admin', 'auth', 'reconcile', '-f', path);
    expect([first.code, first.out]).toEqual([0, expect.stringContaining(`clusterrole.${rbac}/keeper reconciled`)]);
    await writeFile(path, manifest('list'));
    expect((await kubectl('admin', 'auth', 'reconcile', '-f', path)).code).toBe(0);
    const { rules } = await api.client.get(CLUSTER_ROLES, 'keeper');
    expect(rules).toEqual([
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['list'] },
    ]);
  });

  test('nobody gives away what they do not have', async () => {
    await api.client.create(ROLE_BINDINGS, {
      metadata: { name: 'ann-administers', namespace: 'default' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:aggregate-to-admin' },
      subjects: [{ kind: 'User', apiGroup: rbac, name: 'ann' }],
    });
    const escalate = await kubectl('ann', 'create', 'role', 'more', '--verb=get,delete', '--resource=pods');
    expect(escalate.err.replaceAll('\n', '|')).toContain(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "ann" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:|{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
    );
    const bind = await kubectl('ann', 'create', 'rolebinding', 'all', '--clusterrole=cluster-admin', '--user=ann');
    expect(bind.err).toContain('is attempting to grant RBAC permissions not currently held');
    expect((await kubectl('ann', 'create', 'role', 'same', '--verb=list', '--resource=pods')).code).toBe(0);
    expect((await kubectl('ann', 'create', 'rolebinding', 'none', '--clusterrole=none', '--user=ann')).err).toContain(
      'clusterroles.rbac.authorization.k8s.io "none" not found',
    );
  });

  test('describes a role and a binding', async () => {
    expect((await kubectl('admin', 'describe', 'clusterrole', 'system:discovery')).out).toContain('[/api/*]');
    expect((await kubectl('admin', 'describe', 'clusterrolebinding', 'system:discovery')).out).toMatch(
      /Group +system:authenticated/,
    );
    expect((await kubectl('admin', 'get', 'rolebinding', '-n', 'kube-system', '-o', 'wide')).out).toContain(
      'system::leader-locking-kube-scheduler',
    );
  });
});

test('the server has not failed inside', () => {
  expect(api.errors).toEqual([]);
});
