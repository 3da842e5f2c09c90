import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError } from '../../shared/api/errors.ts';
import type { Deployment } from '../../shared/api/kinds.ts';
import type { ManagedFieldsEntry } from '../../shared/api/managed-fields.ts';
import type { KubeObject } from '../../shared/api/meta.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(async () => {
  await api.close();
});

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

type Json = Record<string, unknown>;
interface Options {
  manager?: string;
  force?: boolean;
  query?: Record<string, string>;
}

const send = <T extends KubeObject>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  path: string,
  body?: unknown,
  query: Record<string, string> = {},
  contentType?: string,
): Promise<T> =>
  api.client.transport.request<T>({ method, path, body, query, ...(contentType ? { contentType } : {}) });

const apply = <T extends KubeObject>(path: string, config: Json, { manager = 'one', force, query }: Options = {}) =>
  send<T>('PATCH', path, config, { fieldManager: manager, ...(force ? { force: 'true' } : {}), ...query }, APPLY);

const deployment = (name: string, spec: Json, metadata: Json = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, ...metadata },
  spec,
});
const template = (containers: Json[]): Json => ({ metadata: { labels: { app: 'web' } }, spec: { containers } });
const web = (name: string, image: string, more: Json = {}): Json =>
  deployment(name, {
    selector: { matchLabels: { app: 'web' } },
    template: template([{ name: 'web', image, ports: [{ containerPort: 80 }] }]),
    ...more,
  });

const ownersOf = (object: KubeObject): Json[] =>
  (object.metadata?.managedFields ?? []).map(({ time: _time, fieldsType: _type, ...entry }) => entry as Json);
const entryOf = (object: KubeObject, manager: string): ManagedFieldsEntry | undefined =>
  object.metadata?.managedFields?.find((entry) => entry.manager === manager);
const refusal = async (run: Promise<unknown>): Promise<ApiError> => {
  try {
    await run;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('who owns what', () => {
  test('a create is its manager’s, with the fields and keys upstream notes', async () => {
    const made = await send<Deployment>('POST', DEPLOYMENTS, web('owned', 'nginx:1', { replicas: 2 }), {
      fieldManager: 'kubectl-create',
    });
    expect(ownersOf(made)).toEqual([
      {
        manager: 'kubectl-create',
        operation: 'Update',
        apiVersion: 'apps/v1',
        fieldsV1: {
          'f:spec': {
            'f:progressDeadlineSeconds': {},
            'f:replicas': {},
            'f:revisionHistoryLimit': {},
            'f:selector': {},
            'f:strategy': {
              'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} },
              'f:type': {},
            },
            'f:template': {
              'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:image': {},
                    'f:imagePullPolicy': {},
                    'f:name': {},
                    'f:ports': {
                      '.': {},
                      'k:{"containerPort":80,"protocol":"TCP"}': {
                        '.': {},
                        'f:containerPort': {},
                        'f:protocol': {},
                      },
                    },
                    'f:resources': {},
                    'f:terminationMessagePath': {},
                    'f:terminationMessagePolicy': {},
                  },
                },
                'f:dnsPolicy': {},
                'f:restartPolicy': {},
                'f:schedulerName': {},
                'f:securityContext': {},
                'f:terminationGracePeriodSeconds': {},
              },
            },
          },
        },
      },
    ]);
  });

  test('an update takes what it changes, a status write is noted with its subresource', async () => {
    await send('POST', DEPLOYMENTS, web('shared', 'nginx:1'), { fieldManager: 'creator' });
    const path = `${DEPLOYMENTS}/shared`;
    await send('PATCH', path, { spec: { replicas: 3 } }, { fieldManager: 'scaler' }, MERGE);
    const after = await send<Deployment>(
      'PATCH',
      `${path}/status`,
      { status: { replicas: 3 } },
      { fieldManager: 'deployment-controller' },
      MERGE,
    );
    expect(entryOf(after, 'scaler')).toMatchObject({
      operation: 'Update',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    });
    expect(entryOf(after, 'creator')?.fieldsV1).not.toHaveProperty(['f:spec', 'f:replicas']);
    expect(entryOf(after, 'deployment-controller')).toMatchObject({
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:replicas': {} } },
    });
    const gone = await send('PATCH', path, { spec: { replicas: null } }, { fieldManager: 'third' }, MERGE);
    // The default comes back in its place, so it is third's now.
    expect(entryOf(gone, 'scaler')).toBeUndefined();
    expect(entryOf(gone, 'third')?.fieldsV1).toEqual({ 'f:spec': { 'f:replicas': {} } });
  });

  test('a write without a name is noted under the user agent, or as unknown', async () => {
    const made = await send('POST', DEPLOYMENTS, web('nameless', 'nginx:1'));
    expect(entryOf(made, 'unknown')).toBeDefined();
  });

  test('a write that changes nothing is no write, however the managers are called', async () => {
    const made = await send<Deployment>('POST', DEPLOYMENTS, web('still', 'nginx:1'), { fieldManager: 'a' });
    const again = await send<Deployment>('PUT', `${DEPLOYMENTS}/still`, made, { fieldManager: 'b' });
    expect(again.metadata?.resourceVersion).toBe(made.metadata?.resourceVersion);
    const config = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'still' }, spec: { replicas: 1 } };
    const first = await apply<Deployment>(`${DEPLOYMENTS}/still`, config, { manager: 'c' });
    const second = await apply<Deployment>(`${DEPLOYMENTS}/still`, config, { manager: 'c' });
    expect(first.metadata?.resourceVersion).not.toBe(made.metadata?.resourceVersion);
    expect(second.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
  });

  test('managedFields can be forgotten, and nonsense is not taken', async () => {
    const made = await send('POST', DEPLOYMENTS, web('forgotten', 'nginx:1'), { fieldManager: 'a' });
    const path = `${DEPLOYMENTS}/forgotten`;
    const nonsense = await send(
      'PATCH',
      path,
      { metadata: { labels: { x: 'y' }, managedFields: [{ manager: 'm', operation: 'Steal' }] } },
      { fieldManager: 'b' },
      MERGE,
    );
    expect(ownersOf(nonsense).map(({ manager }) => manager)).toEqual(['a', 'b']);
    for (const cleared of [[{}], []]) {
      await send('PATCH', path, { metadata: { managedFields: made.metadata?.managedFields } }, {}, MERGE);
      const after = await send('PATCH', path, { metadata: { managedFields: cleared } }, { fieldManager: 'c' }, MERGE);
      expect(after.metadata?.managedFields).toBeUndefined();
    }
    await send('PATCH', path, { metadata: { managedFields: made.metadata?.managedFields } }, {}, MERGE);
    const byJson = await send(
      'PATCH',
      path,
      [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }],
      {},
      'application/json-patch+json',
    );
    expect(byJson.metadata?.managedFields).toBeUndefined();
    // From then on nobody is noted, until somebody applies.
    const untracked = await send('PATCH', path, { spec: { replicas: 5 } }, { fieldManager: 'd' }, MERGE);
    expect(untracked.metadata?.managedFields).toBeUndefined();
    const config = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'forgotten' },
      spec: { replicas: 5 },
    };
    const applied = await apply(path, config);
    expect(ownersOf(applied).map(({ manager, operation }) => [manager, operation])).toEqual([
      ['one', 'Apply'],
      ['before-first-apply', 'Update'],
    ]);
  });

  test('no more than ten updaters are told apart', async () => {
    await send('POST', DEPLOYMENTS, web('crowded', 'nginx:1'), { fieldManager: 'm00' });
    let last: KubeObject = {};
    for (let index = 1; index <= 14; index += 1)
      last = await send(
        'PATCH',
        `${DEPLOYMENTS}/crowded`,
        { metadata: { annotations: { [`k${index}`]: 'v' } } },
        { fieldManager: `m${String(index).padStart(2, '0')}` },
        MERGE,
      );
    const managers = ownersOf(last).map(({ manager }) => manager);
    expect(managers).toHaveLength(10);
    expect(managers).toContain('ancient-changes');
    expect(managers).toContain('m14');
    expect(entryOf(last, 'ancient-changes')?.fieldsV1).toMatchObject({
      'f:metadata': { 'f:annotations': { 'f:k1': {}, 'f:k2': {} } },
    });
  });
});

describe('server-side apply', () => {
  test('creates, and says who applied', async () => {
    const made = await apply<Deployment>(`${DEPLOYMENTS}/made`, web('made', 'nginx:1'));
    expect(made.spec?.replicas).toBe(1);
    expect(ownersOf(made)).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        fieldsV1: {
          'f:spec': {
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': {
                      'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ]);
  });

  test('what is no longer applied goes, unless somebody else owns it', async () => {
    const path = `${DEPLOYMENTS}/pruned`;
    const labels = (names: string[]): Json => Object.fromEntries(names.map((name) => [name, 'x']));
    const config = (names: string[], env: string[]): Json =>
      deployment(
        'pruned',
        {
          selector: { matchLabels: { app: 'web' } },
          template: template([{ name: 'web', image: 'i', env: env.map((name) => ({ name, value: '1' })) }]),
        },
        { labels: labels(names) },
      );
    await apply(path, config(['a', 'b'], ['A', 'B', 'C']));
    await apply(path, { ...deployment('pruned', {}, { labels: labels(['b']) }), spec: undefined }, { manager: 'two' });
    await send('PATCH', path, { metadata: { labels: { c: 'x' } } }, { fieldManager: 'three' }, MERGE);
    const after = await apply<Deployment>(path, config([], ['C', 'A']));
    expect(after.metadata?.labels).toEqual({ b: 'x', c: 'x' });
    expect(after.spec?.template.spec?.containers[0]?.env).toEqual([
      { name: 'C', value: '1' },
      { name: 'A', value: '1' },
    ]);
    const without = await apply<Deployment>(path, web('pruned', 'i'));
    expect(without.spec?.template.spec?.containers[0]?.env).toBeUndefined();
    expect(without.spec?.template.spec?.containers[0]?.ports).toEqual([{ containerPort: 80, protocol: 'TCP' }]);
    const last = await apply<Deployment>(path, { ...deployment('pruned', {}), spec: undefined }, { manager: 'two' });
    expect(last.metadata?.labels).toEqual({ c: 'x' });
  });

  test('fields of others are refused one by one, taken by force, shared when equal', async () => {
    const path = `${DEPLOYMENTS}/contested`;
    await apply(path, web('contested', 'nginx:1', { replicas: 1 }));
    const wish = web('contested', 'nginx:2', { replicas: 2 });
    const both = await refusal(apply(path, wish, { manager: 'two' }));
    expect(both.status).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: [
        'Apply failed with 2 conflicts: conflicts with "one":',
        '- .spec.replicas',
        '- .spec.template.spec.containers[name="web"].image',
      ].join('\n'),
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.replicas' },
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "one"',
            field: '.spec.template.spec.containers[name="web"].image',
          },
        ],
      },
    });
    await send('PATCH', path, { spec: { replicas: 4 } }, { fieldManager: 'kubectl-edit' }, MERGE);
    const one = await refusal(apply(path, web('contested', 'nginx:1', { replicas: 1 })));
    expect(one.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
    );
    const shared = await apply<Deployment>(path, web('contested', 'nginx:1', { replicas: 4 }), { manager: 'two' });
    expect(entryOf(shared, 'kubectl-edit')).toBeDefined();
    const forced = await apply<Deployment>(path, wish, { manager: 'two', force: true });
    expect(forced.spec?.replicas).toBe(2);
    expect(entryOf(forced, 'kubectl-edit')).toBeUndefined();
    expect(entryOf(forced, 'one')?.fieldsV1).not.toHaveProperty([
      'f:spec',
      'f:template',
      'f:spec',
      'f:containers',
      'k:{"name":"web"}',
      'f:image',
    ]);
  });

  test('items keep the order of the configuration, with those of others where they stood', async () => {
    const path = `${DEPLOYMENTS}/ordered`;
    const config = (names: string[]): Json =>
      deployment('ordered', {
        selector: { matchLabels: { app: 'web' } },
        template: template(names.map((name) => ({ name, image: 'i' }))),
      });
    const namesOf = (object: Deployment): string[] =>
      object.spec?.template.spec?.containers.map(({ name }) => name) ?? [];
    await apply(path, config(['a', 'b', 'c']));
    await apply(path, config(['side']), { manager: 'injector' });
    expect(namesOf(await apply<Deployment>(path, config(['c', 'a'])))).toEqual(['c', 'side', 'a']);
    expect(namesOf(await apply<Deployment>(path, config(['x', 'a'])))).toEqual(['side', 'x', 'a']);
  });

  test('status and scale have owners of their own', async () => {
    const path = `${DEPLOYMENTS}/parts`;
    await apply(path, web('parts', 'nginx:1'));
    const status = await apply<Deployment>(
      `${path}/status`,
      { ...web('parts', 'other'), status: { replicas: 2, conditions: [{ type: 'Available', status: 'True' }] } },
      { manager: 'controller' },
    );
    expect(status.spec?.template.spec?.containers[0]?.image).toBe('nginx:1');
    expect(entryOf(status, 'controller')).toMatchObject({
      subresource: 'status',
      fieldsV1: {
        'f:status': {
          'f:conditions': { 'k:{"type":"Available"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
          'f:replicas': {},
        },
      },
    });
    const scale = (replicas: number): Json => ({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'parts' },
      spec: { replicas },
    });
    await apply(`${path}/scale`, scale(3), { manager: 'hpa' });
    const scaled = await send<Deployment>('GET', path);
    expect(scaled.spec?.replicas).toBe(3);
    expect(entryOf(scaled, 'hpa')).toMatchObject({
      operation: 'Apply',
      apiVersion: 'apps/v1',
      subresource: 'scale',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    });
    const conflict = await refusal(apply(path, web('parts', 'nginx:1', { replicas: 9 })));
    expect(conflict.message).toBe(
      'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale": .spec.replicas',
    );
    expect((await refusal(apply(`${DEPLOYMENTS}/none/status`, web('none', 'i')))).code).toBe(404);
  });

  test('a dry run says what would be', async () => {
    const path = `${DEPLOYMENTS}/dry`;
    const shown = await apply<Deployment>(path, web('dry', 'nginx:1'), { query: { dryRun: 'All' } });
    expect(entryOf(shown, 'one')).toBeDefined();
    expect((await refusal(send('GET', path))).code).toBe(404);
  });

  test('a configuration that cannot be is refused with every reason', async () => {
    const path = `${DEPLOYMENTS}/bad`;
    const say = async (config: Json, options?: Options): Promise<string> =>
      (await refusal(apply(path, config, options))).message;
    const containers = (items: Json[]): Json =>
      deployment('bad', { selector: { matchLabels: { app: 'web' } }, template: template(items) });
    expect(await say(containers([{ name: 'a', image: 'i', imagee: 'x', env: [{ name: 'E' }, { name: 'E' }] }]))).toBe(
      [
        'failed to create typed patch object (/bad; apps/v1, Kind=Deployment): errors:',
        '  .spec.template.spec.containers[name="a"].imagee: field not declared in schema',
        '  .spec.template.spec.containers[name="a"].env: duplicate entries for key [name="E"]',
      ].join('\n'),
    );
    expect(await say(containers([{ image: 'i' }]))).toBe(
      'failed to create typed patch object (/bad; apps/v1, Kind=Deployment): .spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
    );
    expect(await say({ ...web('bad', 'i'), kind: 'DaemonSet' })).toBe('invalid object type: apps/v1, Kind=DaemonSet');
    expect(await say(deployment('bad', {}, { managedFields: [] }))).toBe('metadata.managedFields must be nil');
    expect(await say(web('other', 'i'))).toBe(
      'the name of the object (other) does not match the name on the URL (bad)',
    );
    expect((await refusal(send('PATCH', path, web('bad', 'i'), {}, APPLY))).status).toMatchObject({
      code: 422,
      message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    });
    expect((await refusal(send('PATCH', path, {}, { force: 'true' }, MERGE))).message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
    expect((await refusal(apply(path, web('bad', 'i'), { manager: 'x'.repeat(129) }))).code).toBe(422);
    expect((await refusal(send('GET', path))).code).toBe(404);
  });

  test('kubectl’s server-side apply takes over from its client-side apply', async () => {
    const path = `${DEPLOYMENTS}/migrated`;
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const before = web('migrated', 'nginx:1', { replicas: 2 });
    await send(
      'POST',
      DEPLOYMENTS,
      { ...before, metadata: { name: 'migrated', annotations: { [annotation]: JSON.stringify(before) } } },
      { fieldManager: 'kubectl-client-side-apply' },
    );
    const wish = web('migrated', 'nginx:2', { replicas: 2 });
    expect((await refusal(apply(path, wish, { manager: 'other' }))).message).toContain('kubectl-client-side-apply');
    const applied = await apply<Deployment>(path, wish, { manager: 'kubectl' });
    expect(applied.spec?.template.spec?.containers[0]?.image).toBe('nginx:2');
    expect(JSON.parse(applied.metadata?.annotations?.[annotation] ?? '')).toEqual(wish);
    // What somebody else has set meanwhile is not kubectl's to take.
    await send('PATCH', path, { spec: { replicas: 7 } }, { fieldManager: 'someone' }, MERGE);
    expect((await refusal(apply(path, wish, { manager: 'kubectl' }))).message).toBe(
      'Apply failed with 1 conflict: conflict with "someone" using apps/v1: .spec.replicas',
    );
  });

  test('many at once are all there in the end', async () => {
    const path = '/api/v1/namespaces/default/configmaps/many-appliers';
    const config = (key: string): Json => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'many-appliers' },
      data: { [key]: key },
    });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const outcomes = await Promise.allSettled(names.map((name) => apply(path, config(name), { manager: name })));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as ApiError] : []));
    for (const error of refused) expect(error.code).toBe(409);
    const stored = await send<KubeObject & { data?: Json }>('GET', path);
    expect(Object.keys(stored.data ?? {})).toHaveLength(names.length - refused.length);
    expect(stored.metadata?.managedFields).toHaveLength(names.length - refused.length);
  });

  test('two versions of one object see each other’s fields', async () => {
    const hpas = (version: string): string =>
      `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/h`;
    const config = (version: string, spec: Json): Json => ({
      apiVersion: `autoscaling/${version}`,
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, ...spec },
    });
    await apply(hpas('v1'), config('v1', { maxReplicas: 5, targetCPUUtilizationPercentage: 70 }));
    const refused = await refusal(apply(hpas('v2'), config('v2', { maxReplicas: 6 }), { manager: 'two' }));
    expect(refused.message).toBe('Apply failed with 1 conflict: conflict with "one": .spec.maxReplicas');
    const metric = (value: number): Json => ({
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: value } },
    });
    const wish = config('v2', { maxReplicas: 5, metrics: [metric(80)] });
    expect((await refusal(apply(hpas('v2'), wish, { manager: 'two' }))).message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.targetCPUUtilizationPercentage',
    );
    await apply(hpas('v2'), wish, { manager: 'two', force: true });
    const seen = await send<KubeObject & { spec?: Json }>('GET', hpas('v1'));
    expect(seen.spec).toMatchObject({ maxReplicas: 5, targetCPUUtilizationPercentage: 80 });
    expect(ownersOf(seen).map(({ manager, apiVersion }) => [manager, apiVersion])).toEqual([
      ['one', 'autoscaling/v1'],
      ['two', 'autoscaling/v2'],
    ]);
    // The one who applied it in the first version takes it back there, without what the other has taken over.
    const last = await apply<KubeObject & { spec?: Json }>(
      hpas('v1'),
      config('v1', { maxReplicas: 5, minReplicas: 2 }),
    );
    expect(last.spec).toMatchObject({ minReplicas: 2, targetCPUUtilizationPercentage: 80 });
  });
});
