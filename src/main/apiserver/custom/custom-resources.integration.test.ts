import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CustomResourceDefinition } from '../../../shared/api/custom-resource-definition.ts';
import { isApiError } from '../../../shared/api/errors.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, type ResourceType } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { CRON_TAB_DEFINITION } from '../../resources/testing/extension-samples.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

interface CronTab extends KubeObject {
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
}
const CRON_TABS: ResourceType<CronTab> = {
  group: 'stable.example.com',
  version: 'v1',
  kind: 'CronTab',
  plural: 'crontabs',
  namespaced: true,
};

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(() => api.close());

/** What the server answers to a request that must fail. */
async function refusal(request: Promise<unknown>): Promise<string> {
  try {
    await request;
  } catch (error) {
    if (isApiError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('the request was not refused');
}

/** Polls until the condition holds; what was last seen is in the error. */
async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const until = Date.now() + 10_000;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > until) throw new Error(`never came true; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const established = (name: string): Promise<CustomResourceDefinition> =>
  eventually(
    () => api.client.get(CUSTOM_RESOURCE_DEFINITIONS, { name }) as Promise<CustomResourceDefinition>,
    ({ status }) =>
      status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') ?? false,
  );

const cronTab = (name: string, spec: object): object => ({
  apiVersion: 'stable.example.com/v1',
  kind: 'CronTab',
  metadata: { name, namespace: 'default' },
  spec: { cronSpec: '* * * * */5', ...spec },
});

describe('a definition', () => {
  test('is established, and its resources are served', async () => {
    await api.client.create(CUSTOM_RESOURCE_DEFINITIONS, CRON_TAB_DEFINITION);
    const crd = await established('crontabs.stable.example.com');
    expect(crd.spec.names).toEqual({
      plural: 'crontabs',
      singular: 'crontab',
      kind: 'CronTab',
      listKind: 'CronTabList',
      shortNames: ['ct'],
      categories: ['all'],
    });
    expect(crd.status?.acceptedNames).toEqual(crd.spec.names);
    expect(crd.status?.storedVersions).toEqual(['v1']);
    expect(crd.status?.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['NamesAccepted', 'True', 'NoConflicts'],
      ['Established', 'True', 'InitialNamesAccepted'],
    ]);
    const created = await api.client.create(CRON_TABS, cronTab('one', { unknown: 1 }));
    expect(created.metadata?.generation).toBe(1);
    expect(created.spec).toEqual({ cronSpec: '* * * * */5', image: 'cron:1', replicas: 1, most: 10 });
  });

  test('refuses objects that break its schema, in upstream words', async () => {
    expect(
      await refusal(api.client.create(CRON_TABS, cronTab('bad', { cronSpec: 5, replicas: 200, color: 'blue' }))),
    ).toBe(
      '422 CronTab.stable.example.com "bad" is invalid: [spec.cronSpec: Invalid value: "integer": spec.cronSpec in body must be of type string: "integer", spec.replicas: Invalid value: 200: spec.replicas in body should be less than or equal to 100, spec.color: Unsupported value: "blue": supported values: "red", "green", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
    );
    expect(await refusal(api.client.create(CRON_TABS, cronTab('bad', { replicas: 20 })))).toBe(
      '422 CronTab.stable.example.com "bad" is invalid: spec.replicas: Invalid value: "object": too many replicas',
    );
    expect(await refusal(api.client.create(CRON_TABS, cronTab('bad', { tags: ['a', 'b', 'a'] })))).toContain(
      'spec.tags[2]: Duplicate value: "a"',
    );
    expect(
      await refusal(api.client.create(CRON_TABS, cronTab('bad', { ports: [{ name: 'a' }, { name: 'a', number: 1 }] }))),
    ).toContain('spec.ports[1]: Duplicate value: {"name":"a"}');
    expect(await refusal(api.client.create(CRON_TABS, cronTab('bad', { ports: [{}] })))).toContain(
      'spec.ports[0].name: Required value',
    );
    expect(await refusal(api.client.create(CRON_TABS, cronTab('bad', { template: { kind: 'X' } })))).toContain(
      'spec.template.apiVersion: Required value: must not be empty',
    );
    expect(await refusal(api.client.create(CRON_TABS, cronTab('bad', { size: true })))).toContain(
      'spec.size in body must be of type integer,string: "boolean"',
    );
  });

  test('keeps to transition rules', async () => {
    const key = { namespace: 'default', name: 'one' };
    expect(await refusal(api.client.patch(CRON_TABS, key, { spec: { image: 'cron:2' } }, { type: 'merge' }))).toBe(
      '422 CronTab.stable.example.com "one" is invalid: spec: Invalid value: "object": image cron:1 is fixed',
    );
    const patched = await api.client.patch(CRON_TABS, key, { spec: { replicas: 3 } }, { type: 'merge' });
    expect(patched.metadata?.generation).toBe(2);
  });

  test('has a status and a scale of its own', async () => {
    const key = { namespace: 'default', name: 'one' };
    const status = await api.client.patch(
      CRON_TABS,
      key,
      { spec: { replicas: 9 }, status: { replicas: 2, selector: 'app=x' } },
      { type: 'merge', subresource: 'status' },
    );
    expect(status.spec['replicas']).toBe(3);
    expect(status.metadata?.generation).toBe(2);
    const plain = await api.client.patch(CRON_TABS, key, { status: { replicas: 7 } }, { type: 'merge' });
    expect(plain.status?.['replicas']).toBe(2);
  });
});
