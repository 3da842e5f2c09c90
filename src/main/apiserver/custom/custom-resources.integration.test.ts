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
    () => api.client.get(CUSTOM_RESOURCE_DEFINITIONS, name),
    ({ status }) =>
      status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') ?? false,
  );

const cronTab = (name: string, spec: object): CronTab => ({
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
    expect(await refusal(api.client.patch(CRON_TABS, key, { spec: { image: 'cron:2' } }))).toBe(
      '422 CronTab.stable.example.com "one" is invalid: spec: Invalid value: "object": image cron:1 is fixed',
    );
    const patched = await api.client.patch(CRON_TABS, key, { spec: { replicas: 3 } });
    expect(patched.metadata?.generation).toBe(2);
  });

  test('has a status and a scale of its own', async () => {
    const key = { namespace: 'default', name: 'one' };
    const status = await api.client.patch(
      CRON_TABS,
      { ...key, subresource: 'status' },
      { spec: { replicas: 9 }, status: { replicas: 2, selector: 'app=x' } },
    );
    expect(status.spec['replicas']).toBe(3);
    expect(status.metadata?.generation).toBe(2);
    const plain = await api.client.patch(CRON_TABS, key, { status: { replicas: 7 } });
    expect(plain.status?.['replicas']).toBe(2);
  });

  test('selects by its fields and shows its columns', async () => {
    await api.client.create(CRON_TABS, cronTab('two', { image: 'cron:9' }));
    const found = await api.client.list(CRON_TABS, { fieldSelector: 'spec.image=cron:9' });
    expect(found.kind).toBe('CronTabList');
    expect(found.items.map(({ metadata }) => metadata?.name)).toEqual(['two']);
    expect(await refusal(api.client.list(CRON_TABS, { fieldSelector: 'spec.color=red' }))).toContain(
      'field label not supported: spec.color',
    );
  });
});

describe('names', () => {
  const definition = (plural: string, names: object): CustomResourceDefinition => ({
    ...(CRON_TAB_DEFINITION as unknown as CustomResourceDefinition),
    metadata: { name: `${plural}.names.example.com` },
    spec: {
      ...(CRON_TAB_DEFINITION as unknown as CustomResourceDefinition).spec,
      group: 'names.example.com',
      names: { plural, kind: plural, ...names },
    },
  });
  const accepted = (name: string, status: string): Promise<CustomResourceDefinition> =>
    eventually(
      () => api.client.get(CUSTOM_RESOURCE_DEFINITIONS, name),
      (crd) => crd.status?.conditions?.some((c) => c.type === 'NamesAccepted' && c.status === status) ?? false,
    );

  test.each([
    ['shortNames', { shortNames: ['fo'] }, 'ShortNamesConflict', '"fo" is already in use'],
    ['singular', { singular: 'foo' }, 'SingularConflict', '"foo" is already in use'],
    ['kind', { kind: 'Foo', singular: 'other', listKind: 'Others' }, 'KindConflict', '"Foo" is already in use'],
    ['listKind', { listKind: 'FooList' }, 'ListKindConflict', '"FooList" is already in use'],
  ])('of another definition are not accepted: %s', async (part, names, reason, message) => {
    const first = definition('foos', { kind: 'Foo', shortNames: ['fo'] });
    await api.client.create(CUSTOM_RESOURCE_DEFINITIONS, first).catch((error: unknown) => {
      if (!isApiError(error) || error.code !== 409) throw error;
    });
    await accepted('foos.names.example.com', 'True');
    const plural = `bar${part.toLowerCase()}s`;
    await api.client.create(CUSTOM_RESOURCE_DEFINITIONS, definition(plural, names));
    const crd = await accepted(`${plural}.names.example.com`, 'False');
    const conditions = crd.status?.conditions ?? [];
    expect(conditions.find(({ type }) => type === 'NamesAccepted')).toMatchObject({ reason, message });
    expect(conditions.find(({ type }) => type === 'Established')).toMatchObject({
      status: 'False',
      reason: 'NotAccepted',
      message: 'not all names are accepted',
    });
  });

  test('are given to the next when their owner is gone', async () => {
    await api.client.create(CUSTOM_RESOURCE_DEFINITIONS, definition('olds', { shortNames: ['shared'] }));
    await accepted('olds.names.example.com', 'True');
    await api.client.create(CUSTOM_RESOURCE_DEFINITIONS, definition('news', { shortNames: ['shared'] }));
    await accepted('news.names.example.com', 'False');
    await api.client.delete(CUSTOM_RESOURCE_DEFINITIONS, { name: 'olds.names.example.com' });
    expect((await accepted('news.names.example.com', 'True')).status?.acceptedNames?.shortNames).toEqual(['shared']);
  });
});

describe('several versions', () => {
  const V1 = { ...CRON_TABS, group: 'many.example.com' };
  const V2 = { ...V1, version: 'v2beta1' };
  const version = (name: string, storage: boolean, properties: object): object => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
  });
  const definition = (versions: object[]): CustomResourceDefinition =>
    ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'crontabs.many.example.com' },
      spec: {
        group: 'many.example.com',
        scope: 'Namespaced',
        names: { plural: 'crontabs', kind: 'CronTab' },
        versions,
      },
    }) as unknown as CustomResourceDefinition;

  test('are of the same objects, each by its own schema', async () => {
    await api.client.create(
      CUSTOM_RESOURCE_DEFINITIONS,
      definition([
        version('v1', true, { a: { type: 'string' } }),
        version('v2beta1', false, { a: { type: 'string' }, b: { type: 'string', default: 'x' } }),
      ]),
    );
    await established('crontabs.many.example.com');
    const metadata = { name: 'one', namespace: 'default' };
    await api.client.create(V1, { metadata, spec: { a: '1' } } as CronTab);
    const second = await api.client.get(V2, 'one', 'default');
    expect([second.apiVersion, second.spec]).toEqual(['many.example.com/v2beta1', { a: '1', b: 'x' }]);
    await api.client.patch(V2, metadata, { spec: { a: '2' } });
    const first = await api.client.get(V1, 'one', 'default');
    expect([first.apiVersion, first.spec['a']]).toEqual(['many.example.com/v1', '2']);
  });

  test('a version that objects may be stored in stays', async () => {
    const name = 'crontabs.many.example.com';
    const crd = await api.client.get(CUSTOM_RESOURCE_DEFINITIONS, name);
    const moved = crd.spec.versions.map((entry) => ({ ...entry, storage: entry.name === 'v2beta1' }));
    const patched = await api.client.patch(CUSTOM_RESOURCE_DEFINITIONS, { name }, { spec: { versions: moved } });
    expect(patched.status?.storedVersions).toEqual(['v1', 'v2beta1']);
    expect(
      await refusal(
        api.client.patch(
          CUSTOM_RESOURCE_DEFINITIONS,
          { name },
          { spec: { versions: moved.filter((entry) => entry.name !== 'v1') } },
        ),
      ),
    ).toContain('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions');
  });

  test('a write that changes nothing brings an object to the storage version, once', async () => {
    const metadata = { name: 'one', namespace: 'default' };
    const before = await api.client.get(V2, 'one', 'default');
    const versionOf = ({ metadata: now }: KubeObject) => now?.resourceVersion;
    const moved = await eventually(
      () => api.client.patch(V2, metadata, {}),
      (now) => versionOf(now) !== versionOf(before),
    );
    expect(moved.spec).toEqual(before.spec);
    expect(versionOf(await api.client.patch(V2, metadata, {}))).toBe(versionOf(moved));
  });
});

test('a watch ends when what it watches is defined anew', async () => {
  const group = 'watched.example.com';
  const definition = {
    ...(CRON_TAB_DEFINITION as unknown as CustomResourceDefinition),
    metadata: { name: `crontabs.${group}` },
    spec: { ...(CRON_TAB_DEFINITION as unknown as CustomResourceDefinition).spec, group },
  };
  const type = { ...CRON_TABS, group };
  await api.client.create(CUSTOM_RESOURCE_DEFINITIONS, definition);
  await established(`crontabs.${group}`);
  await api.client.create(type, { ...cronTab('seen', {}), apiVersion: `${group}/v1` });
  const seen: string[] = [];
  const never = new AbortController();
  const watching = (async () => {
    for await (const event of api.client.watch(type, { signal: never.signal })) {
      seen.push(event.type);
      const shortNames = ['new'];
      await api.client.patch(
        CUSTOM_RESOURCE_DEFINITIONS,
        { name: `crontabs.${group}` },
        { spec: { names: { shortNames } } },
      );
    }
  })();
  await watching;
  expect(seen).toEqual(['ADDED']);
});

test('deleting a definition deletes its objects first, finalizers and all', async () => {
  const group = 'gone.example.com';
  const definition = {
    ...(CRON_TAB_DEFINITION as unknown as CustomResourceDefinition),
    metadata: { name: `crontabs.${group}` },
    spec: { ...(CRON_TAB_DEFINITION as unknown as CustomResourceDefinition).spec, group },
  };
  const type = { ...CRON_TABS, group };
  const gone = (name: string): object => ({ ...cronTab(name, {}), apiVersion: `${group}/v1` });
  await api.client.create(CUSTOM_RESOURCE_DEFINITIONS, definition);
  await established(`crontabs.${group}`);
  for (let index = 0; index < 20; index += 1) await api.client.create(type, gone(`tab-${index}`) as CronTab);
  await api.client.patch(
    type,
    { name: 'tab-3', namespace: 'default' },
    { metadata: { finalizers: ['example.com/hold'] } },
  );
  await api.client.delete(CUSTOM_RESOURCE_DEFINITIONS, { name: `crontabs.${group}` });
  const left = await eventually(
    () => api.client.list(type),
    ({ items }) => items.length === 1,
  );
  expect(left.items[0]?.metadata?.name).toBe('tab-3');
  const crd = await api.client.get(CUSTOM_RESOURCE_DEFINITIONS, `crontabs.${group}`);
  expect(crd.status?.conditions?.find(({ type: name }) => name === 'Terminating')).toMatchObject({
    status: 'True',
    reason: 'InstanceDeletionInProgress',
  });
  expect(await refusal(api.client.create(type, gone('late') as CronTab))).toBe(
    '405 create not allowed while custom resource definition is terminating',
  );
  await api.client.patch(type, { name: 'tab-3', namespace: 'default' }, { metadata: { finalizers: null } });
  await eventually(
    () => refusal(api.client.get(CUSTOM_RESOURCE_DEFINITIONS, `crontabs.${group}`)).catch(() => ''),
    (seen) => seen.startsWith('404'),
  );
  await eventually(
    () => refusal(api.client.list(type)).catch(() => ''),
    (seen) => seen.startsWith('404'),
  );
  expect(api.errors).toEqual([]);
});
