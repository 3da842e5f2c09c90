import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLES,
  type CertificateSigningRequest,
} from '../../../shared/api/kinds.ts';
import { messageOf } from '../../../shared/api/errors.ts';
import { ApiClient } from '../../../shared/client/api-client.ts';
import { SharedInformers } from '../../../shared/client/shared-informers.ts';
import type { Logger } from '../../../shared/logger.ts';
import { authorityServices, MASTERS_GROUP } from '../../apiserver/index.ts';
import { KUBECTL, kubectlOf } from '../../apiserver/testing/kubectl-versions.ts';
import { rawRequest } from '../../apiserver/testing/https-client.ts';
import { startTestServer, type TestServer } from '../../apiserver/testing/test-server.ts';
import { aRequestFor } from '../../apiserver/testing/certificate-request.ts';
import { startControllers } from '../index.ts';
import { NO_NODE_VOLUMES } from '../testing/node-volumes.ts';

/** Real server and controllers; the real kubectl as judge. */
describe.skipIf(!KUBECTL)(`credentials, by kubectl${KUBECTL ? '' : ' (skipped: no kubectl in PATH)'}`, () => {
  let api: TestServer;
  let home: string;
  const warnings: string[] = [];
  const stops: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'wheelhouse-credentials-'));
    api = await startTestServer();
    const ignore = (): void => undefined;
    const warn = (fields: object, message: string): void => void warnings.push(`${message} ${JSON.stringify(fields)}`);
    const log: Logger = { debug: ignore, info: ignore, warn, error: warn };
    const client = (name: string): ApiClient =>
      new ApiClient(api.server.inProcess({ name: `system:${name}`, groups: [MASTERS_GROUP] }), name);
    const informers = new SharedInformers(client('informers'), (error) => warnings.push(messageOf(error)));
    const credentials = authorityServices(api.pki);
    const clock = { now: () => Date.now() };
    const controllers = await startControllers({
      client,
      informers,
      credentials,
      nodeVolumes: NO_NODE_VOLUMES,
      clock,
      log,
    });
    stops.push(
      () => controllers.stop(),
      () => informers.stop(),
      () => api.close(),
      () => rm(home, { recursive: true, force: true }),
    );
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  const runAs = (binary: string, args: readonly string[]): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, KUBECONFIG: api.kubeconfig, HOME: home };
      execFile(binary, [...args, '--cache-dir', join(home, 'cache')], { env }, (error, out, err) =>
        resolve({ code: error ? 1 : 0, out: out + err }),
      );
    });
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, out } = await runAs(KUBECTL ?? '', args);
    expect({ args, code, out: code === 0 ? '' : out }).toEqual({ args, code: 0, out: '' });
    return out.trim();
  };
  const withToken = (token: string, ...args: string[]): Promise<{ code: number; out: string }> => {
    // A kubeconfig's certificate would win over the token: this one has none.
    const flags = [
      '--kubeconfig=/dev/null',
      '--server',
      api.server.url,
      '--certificate-authority',
      join(home, 'ca.crt'),
    ];
    return runAs(KUBECTL ?? '', [...args, ...flags, '--token', token]);
  };

  test('a token of an account is a credential, and shows whose', async () => {
    await writeFile(join(home, 'ca.crt'), api.pki.caCertificate);
    await kubectl('create', 'serviceaccount', 'robot');
    const token = await kubectl('create', 'token', 'robot', '--duration', '10m');
    expect(token.split('.')).toHaveLength(3);
    const who = await withToken(token, 'auth', 'whoami');
    expect(who).toMatchObject({ code: 0 });
    expect(who.out).toMatch(/Username +system:serviceaccount:default:robot/);
    expect(who.out).toMatch(/credential-id +\[JTI=/);
    expect((await withToken(token, 'get', 'pods')).out).toContain(
      'User "system:serviceaccount:default:robot" cannot list resource "pods"',
    );
    await kubectl('create', 'rolebinding', 'robot', '--clusterrole=view', '--serviceaccount=default:robot');
    expect((await withToken(token, 'get', 'pods')).out).toContain('No resources found');
    await kubectl('delete', 'serviceaccount', 'robot');
    expect((await withToken(token, 'get', 'pods')).out).toMatch(/Unauthorized|must be logged in/);
  });

  test('a token Secret is filled, described, and works', async () => {
    await kubectl('create', 'serviceaccount', 'old');
    const manifest = join(home, 'secret.yaml');
    await writeFile(
      manifest,
      `apiVersion: v1
kind: Secret
metadata: {name: old-token, annotations: {kubernetes.io/service-account.name: old}}
type: kubernetes.io/service-account-token
`,
    );
    await kubectl('apply', '-f', manifest);
    const jsonpath = ['wait', 'secret/old-token', '--for=jsonpath={.data.token}', '--timeout=20s'];
    await kubectl(...jsonpath);
    const token = Buffer.from(await kubectl('get', 'secret', 'old-token', '-o', 'jsonpath={.data.token}'), 'base64');
    expect((await withToken(token.toString(), 'auth', 'whoami')).out).toContain('system:serviceaccount:default:old');
    expect(await kubectl('describe', 'secret', 'old-token')).toMatch(/namespace: +7 bytes/);
  });

  test('the authority is in every namespace', async () => {
    await kubectl('create', 'namespace', 'fresh');
    await kubectl('wait', 'configmap/kube-root-ca.crt', '-n', 'fresh', '--for=create', '--timeout=20s');
    const ca = await kubectl('get', 'cm', 'kube-root-ca.crt', '-n', 'fresh', '-o', 'jsonpath={.data.ca\\.crt}');
    expect(ca.trim()).toBe(api.pki.caCertificate.trim());
  });

  test('--as takes the rights of another, and asks for the right to', async () => {
    expect((await runAs(KUBECTL ?? '', ['get', 'nodes', '--as', 'bob'])).out).toContain(
      'User "bob" cannot list resource "nodes"',
    );
    expect(await kubectl('auth', 'whoami', '--as', 'bob', '--as-group', 'devs', '-o', 'jsonpath={.status}')).toBe(
      '{"userInfo":{"groups":["devs","system:authenticated"],"username":"bob"}}',
    );
    expect(await kubectl('get', 'ns', 'default', '--as', 'bob', '--as-group', 'system:masters', '-o', 'name')).toBe(
      'namespace/default',
    );
  });

  const request = async (name: string, subject: string, signerName: string, usages: string[]): Promise<string> => {
    const { request: encoded, key } = await aRequestFor(subject);
    await api.client.create(CERTIFICATE_SIGNING_REQUESTS, {
      metadata: { name },
      spec: { request: encoded, signerName, usages, expirationSeconds: 3600 },
    });
    return key;
  };
  const API_CLIENT = 'kubernetes.io/kube-apiserver-client';
  const issued = async (name: string): Promise<string> => {
    await kubectl('wait', `csr/${name}`, '--for=jsonpath={.status.certificate}', '--timeout=20s');
    return Buffer.from(await kubectl('get', 'csr', name, '-o', 'jsonpath={.status.certificate}'), 'base64').toString();
  };

  test('a request is approved by hand, signed, and its certificate is a credential', async () => {
    const key = await request('ada', 'O=devs,CN=ada', API_CLIENT, ['client auth', 'digital signature']);
    const columns = (await kubectl('get', 'csr')).split('\n')[0]?.split(/\s{2,}/);
    expect(columns).toEqual(['NAME', 'AGE', 'SIGNERNAME', 'REQUESTOR', 'REQUESTEDDURATION', 'CONDITION']);
    expect(await kubectl('get', 'csr', 'ada', '--no-headers')).toMatch(
      /^ada +\d+s +kubernetes.io\/kube-apiserver-client +test +60m +Pending$/,
    );
    expect(await kubectl('certificate', 'approve', 'ada')).toContain('ada approved');
    const certificate = await issued('ada');
    expect(await kubectl('get', 'csr', 'ada', '--no-headers')).toMatch(/Approved,Issued$/);
    expect(await kubectl('describe', 'csr', 'ada')).toMatch(/Common Name: +ada/);
    const leaf = new X509Certificate(certificate);
    expect([leaf.subject, leaf.checkIssued(new X509Certificate(api.pki.caCertificate)), leaf.ca]).toEqual([
      'O=devs\nCN=ada',
      true,
      false,
    ]);
    const answer = await rawRequest(api, { path: '/api/v1/nodes', token: null, key, cert: certificate });
    expect([answer.code, answer.text]).toEqual([403, expect.stringContaining('User \\"ada\\" cannot list')]);
  });

  test('a denied one stays without, also when it is approved later', async () => {
    await request('eve', 'CN=eve', API_CLIENT, ['client auth']);
    await kubectl('certificate', 'deny', 'eve');
    expect(await kubectl('get', 'csr', 'eve', '--no-headers')).toMatch(/Denied$/);
    expect((await runAs(KUBECTL ?? '', ['certificate', 'approve', 'eve'])).code).toBe(1);
  });

  test('nobody becomes an administrator by way of a certificate', async () => {
    await expect(request('root', 'O=system:masters,CN=root', API_CLIENT, ['client auth'])).rejects.toThrow(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
  });

  test('what the signer does not accept fails, and says why', async () => {
    await request('server', 'CN=server', API_CLIENT, ['server auth']);
    await kubectl('certificate', 'approve', 'server');
    await kubectl('wait', 'csr/server', '--for=condition=Failed', '--timeout=20s');
    expect(
      await kubectl('get', 'csr', 'server', '-o', 'jsonpath={.status.conditions[?(@.type=="Failed")].message}'),
    ).toBe('invalid usage for client certificate: server auth');
  });

  test('a node renews its own certificate by itself, and nobody else’s', async () => {
    const node = new ApiClient(api.server.inProcess({ name: 'system:node:n1', groups: ['system:nodes'] }), 'kubelet');
    const ask = async (name: string, of: string): Promise<CertificateSigningRequest> =>
      node.create(CERTIFICATE_SIGNING_REQUESTS, {
        metadata: { name },
        spec: {
          request: (await aRequestFor(`O=system:nodes,CN=system:node:${of}`)).request,
          signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
          usages: ['client auth', 'digital signature'],
        },
      });
    await ask('other', 'n2');
    await ask('own', 'n1');
    expect(new X509Certificate(await issued('own')).subject).toBe('O=system:nodes\nCN=system:node:n1');
    expect(await kubectl('get', 'csr', 'own', '-o', 'jsonpath={.status.conditions[0].message}')).toBe(
      'Auto approving self kubelet client certificate after SubjectAccessReview.',
    );
    expect(await kubectl('get', 'csr', 'other', '--no-headers')).toMatch(/system:node:n1 .*Pending$/);
  });

  test('approving and signing are rights of their own', async () => {
    await request('bob', 'CN=bob', API_CLIENT, ['client auth']);
    await kubectl('create', 'clusterrole', 'approver', '--verb=get,update', '--resource=csr,csr/approval');
    await kubectl('create', 'clusterrolebinding', 'approver', '--clusterrole=approver', '--user=carol');
    const approve = (): Promise<{ code: number; out: string }> =>
      runAs(KUBECTL ?? '', ['certificate', 'approve', 'bob', '--as', 'carol']);
    expect((await approve()).out).toContain(
      'user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
    );
    await api.client.create(CLUSTER_ROLES, {
      metadata: { name: 'signer' },
      rules: [
        {
          apiGroups: ['certificates.k8s.io'],
          resources: ['signers'],
          verbs: ['approve'],
          resourceNames: ['kubernetes.io/*'],
        },
      ],
    });
    await kubectl('create', 'clusterrolebinding', 'signer', '--clusterrole=signer', '--user=carol');
    expect((await approve()).code).toBe(0);
    await issued('bob');
  });

  test.skipIf(!kubectlOf('1.27')).each(['1.27', '1.30', '1.33'].filter((version) => kubectlOf(version)))(
    'kubectl %s makes tokens and approves',
    async (version) => {
      const binary = kubectlOf(version) ?? '';
      const { code, out } = await runAs(binary, ['create', 'token', 'default', '--audience', 'vault']);
      expect({ code, parts: out.trim().split('.').length }).toEqual({ code: 0, parts: 3 });
      const name = `by-${version.replace('.', '-')}`;
      // Made by somebody with a certificate, it says which: approving sends all of that back.
      const manifest = join(home, 'csr.json');
      const { request: encoded } = await aRequestFor('CN=ada');
      const spec = { request: encoded, signerName: API_CLIENT, usages: ['client auth'] };
      const { group, version: v, kind } = CERTIFICATE_SIGNING_REQUESTS;
      await writeFile(manifest, JSON.stringify({ apiVersion: `${group}/${v}`, kind, metadata: { name }, spec }));
      expect((await runAs(binary, ['create', '-f', manifest])).code).toBe(0);
      expect(await kubectl('get', 'csr', name, '-o', 'jsonpath={.spec.extra}')).toContain('X509SHA256=');
      expect((await runAs(binary, ['certificate', 'approve', name])).code).toBe(0);
      await issued(name);
    },
  );

  test('the controllers had nothing to complain of', () => {
    expect(warnings).toEqual([]);
  });
});
