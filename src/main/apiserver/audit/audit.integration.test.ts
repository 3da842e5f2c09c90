import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONFIG_MAPS, LEASES, SECRETS, SERVICES } from '../../../shared/api/kinds.ts';
import { rawRequest } from '../testing/https-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import type { AuditEvent } from './event.ts';
import { readAudit } from './read-audit.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer({ audit: 'request' });
});
afterAll(() => api.close());

const directory = (): string => join(api.directory, 'audit');
async function lines(): Promise<AuditEvent[]> {
  await api.auditLog?.flush();
  const text = await readFile(join(directory(), 'audit.log'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AuditEvent);
}
/** The events of one request. */
const eventsOf = async (id: string): Promise<AuditEvent[]> => (await lines()).filter(({ auditID }) => auditID === id);
const SERVICE = { metadata: { name: 'web', namespace: 'default' }, spec: { ports: [{ port: 80 }] } };

describe('the audit log', () => {
  test('has a line for a request, with its answer, under the id the client was told', async () => {
    const answer = await rawRequest(api, {
      path: '/api/v1/namespaces/default/pods?limit=5',
      headers: { 'user-agent': 'test/1', 'X-Forwarded-For': '192.0.2.9' },
    });
    const [event, ...more] = await eventsOf(String(answer.headers['audit-id']));
    expect(more).toEqual([]);
    expect(event).toEqual({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: answer.headers['audit-id'],
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces/default/pods?limit=5',
      verb: 'list',
      user: { username: 'wheelhouse-ui', groups: ['system:masters', 'system:authenticated'] },
      sourceIPs: ['192.0.2.9', '127.0.0.1'],
      userAgent: 'test/1',
      objectRef: { resource: 'pods', namespace: 'default', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 200 },
      requestReceivedTimestamp: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/) as string,
      stageTimestamp: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/) as string,
      annotations: expect.objectContaining({ 'authorization.k8s.io/decision': 'allow' }) as object,
    });
  });

  test('takes the client’s id, and says who acted for whom', async () => {
    await rawRequest(api, {
      path: '/api/v1/namespaces/default/secrets',
      headers: { 'Audit-ID': 'mine-1', 'Impersonate-User': 'bob' },
    });
    const [event] = await eventsOf('mine-1');
    expect(event).toMatchObject({
      user: { username: 'wheelhouse-ui' },
      impersonatedUser: { username: 'bob', groups: ['system:authenticated'] },
      responseStatus: { code: 403, reason: 'Forbidden', status: 'Failure' },
      annotations: { 'authorization.k8s.io/decision': 'forbid' },
    });
  });

  test('says why a token was refused, which the client is not told', async () => {
    await rawRequest(api, { path: '/version', token: 'nonsense', headers: { 'Audit-ID': 'mine-2' } });
    expect(await eventsOf('mine-2')).toMatchObject([
      { verb: 'get', user: { username: '' }, responseStatus: { code: 401, reason: 'Unauthorized' } },
    ]);
  });

  test('keeps the bodies of writes, and never one that may be secret', async () => {
    await api.client.create(SERVICES, SERVICE);
    const secret = { metadata: { name: 's', namespace: 'default' }, stringData: { password: 'hunter2' } };
    await api.client.create(SECRETS, secret);
    await api.client.patch(SECRETS, secret.metadata, { stringData: { password: 'hunter3' } });
    await api.client.create(CONFIG_MAPS, { ...secret, stringData: undefined, data: { token: 'hunter4' } } as never);
    const token = await api.client.transport.request<{ status: { token: string } }>({
      method: 'POST',
      path: '/api/v1/namespaces/default/serviceaccounts/default/token',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    });
    const events = await lines();
    const text = JSON.stringify(events);
    expect(text).not.toMatch(/hunter/);
    expect(text).not.toContain(token.status.token);
    const service = events.find(({ objectRef }) => objectRef?.resource === 'services');
    expect(service).toMatchObject({
      level: 'Request',
      verb: 'create',
      user: { username: 'test' },
      requestObject: SERVICE,
      objectRef: { name: 'web', namespace: 'default', uid: expect.stringMatching(/-/) as string },
      responseStatus: { code: 201 },
    });
    expect(events.find(({ objectRef }) => objectRef?.resource === 'secrets')?.level).toBe('Metadata');
  });

  test('has neither what our own parts read nor what machines renew all the time', async () => {
    const before = (await lines()).length;
    await api.client.list(SERVICES);
    await api.client.create(LEASES, { metadata: { name: 'l', namespace: 'default' } });
    await rawRequest(api, { path: '/healthz' });
    await rawRequest(api, { path: '/apis' });
    expect(await lines()).toHaveLength(before);
  });

  test('has the beginning and the end of a watch', async () => {
    await rawRequest(api, {
      path: '/api/v1/services?watch=1&timeoutSeconds=1&resourceVersion=0',
      headers: { 'Audit-ID': 'mine-3' },
    });
    expect((await eventsOf('mine-3')).map(({ stage, verb }) => [stage, verb])).toEqual([
      ['ResponseStarted', 'watch'],
      ['ResponseComplete', 'watch'],
    ]);
  });

  test('answers who changed what', async () => {
    await api.client.patch(SERVICES, SERVICE.metadata, { metadata: { labels: { a: 'b' } } });
    await api.auditLog?.flush();
    const found = await readAudit({ directory: directory(), resource: 'services', name: 'web' });
    expect(found.map(({ verb, user }) => [verb, user.username])).toEqual([
      ['patch', 'test'],
      ['create', 'test'],
    ]);
    expect(await readAudit({ directory: directory(), resource: 'services', limit: 1 })).toHaveLength(1);
    expect(await readAudit({ directory: directory(), sinceMs: Date.now() + 60_000 })).toEqual([]);
    expect((await readAudit({ directory: directory(), user: 'bob' })).map(({ verb }) => verb)).toEqual(['list']);
  });

  test('is its owner’s alone, and counted', async () => {
    expect((await stat(join(directory(), 'audit.log'))).mode & 0o777).toBe(0o600);
    const { text } = await rawRequest(api, { path: '/metrics' });
    expect(Number(/^apiserver_audit_event_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(5);
    expect(text).toContain('apiserver_audit_error_total{plugin="log"} 0');
  });
});
