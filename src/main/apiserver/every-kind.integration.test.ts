import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError, isNotFound } from '../../shared/api/errors.ts';
import { apiVersionOf, pathOf } from '../../shared/api/kinds.ts';
import type { KubeObject, WatchEvent } from '../../shared/api/meta.ts';
import { waitFor } from '../../shared/testing/wait-for.ts';
import type { KindDefinition } from '../resources/definition.ts';
import { copyJson, isJsonObject, type JsonObject } from '../resources/decode/json-value.ts';
import { KINDS } from '../resources/registry.ts';
import { sampleNameOf, sampleOf } from '../resources/testing/samples.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(async () => {
  await api.close();
  expect(api.errors).toEqual([]);
});

const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const APPLY = 'application/apply-patch+yaml';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

async function send(
  method: Method,
  path: string,
  body?: unknown,
  query: Record<string, string> = {},
  contentType?: string,
): Promise<KubeObject> {
  return api.client.transport.request<KubeObject>({
    method,
    path,
    body,
    query,
    ...(contentType ? { contentType } : {}),
  });
}

/** A valid body. */
function bodyOf(kind: KindDefinition): JsonObject {
  const sample = sampleOf(sampleNameOf(kind));
  // The server's own Services have addresses too.
  if (kind.type.kind === 'Service') delete (sample['spec'] as JsonObject)['clusterIP'];
  return { ...sample, apiVersion: apiVersionOf(kind.type), kind: kind.type.kind };
}

const metadataOf = (kind: KindDefinition): JsonObject => sampleOf(sampleNameOf(kind))['metadata'] as JsonObject;

const STORED = KINDS.filter((kind) => !kind.virtual);
const named = STORED.map((kind) => [sampleNameOf(kind), kind] as const);

/** What is there of the kind under the sample's name goes: versions of one resource share it, and so do seeds. */
async function clear(path: string): Promise<void> {
  try {
    const object = await send('PATCH', path, { metadata: { finalizers: null } }, {}, MERGE);
    if (object.metadata?.deletionTimestamp === undefined) await send('DELETE', path, { gracePeriodSeconds: 0 });
    if (object.kind === 'Namespace') await send('PUT', `${path}/finalize`, { ...object, metadata: {}, spec: {} });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Kinds the server itself writes the status of as soon as they are there. */
const ANSWERED = new Set(['CustomResourceDefinition', 'APIService', 'ValidatingAdmissionPolicy']);

/** The object when the server has said what it has to say of it. */
async function settled(kind: KindDefinition, path: string, made: KubeObject): Promise<KubeObject> {
  if (!ANSWERED.has(kind.type.kind)) return made;
  let seen: KubeObject = made;
  await waitFor('the server to answer', () => {
    void send('GET', path).then((object) => (seen = object));
    return /"type":"(Established|Available)"|"observedGeneration"/.test(JSON.stringify(seen));
  });
  return seen;
}

const versionOf = (object: KubeObject): number => Number(object.metadata?.resourceVersion);

describe.each(named)('%s', (_name, kind) => {
  const name = String(metadataOf(kind)['name']);
  const namespace = kind.type.namespaced ? String(metadataOf(kind)['namespace'] ?? 'default') : undefined;
  const collection = pathOf(kind.type, namespace);
  const path = pathOf(kind.type, namespace, name);
  const generated = (object: KubeObject): number => object.metadata?.generation ?? 0;

  test('is created, read, updated, patched in every way, applied, watched and deleted', async () => {
    await clear(path);
    const seen: WatchEvent<KubeObject>[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      const query = { resourceVersion: String(api.storage.revision), fieldSelector: `metadata.name=${name}` };
      for await (const event of api.client.transport.watch<KubeObject>({
        path: collection,
        query,
        signal: stop.signal,
      }))
        seen.push(event);
    })();

    const made = await settled(kind, path, await send('POST', collection, bodyOf(kind), { fieldManager: 'maker' }));
    expect(await send('GET', path)).toEqual(made);
    expect(made).toMatchObject({ apiVersion: apiVersionOf(kind.type), kind: kind.type.kind });
    const writes = [made];
    const next = async (write: Promise<KubeObject>): Promise<KubeObject> => {
      const object = await write;
      const before = writes.at(-1) ?? {};
      expect(versionOf(object)).toBeGreaterThan(versionOf(before));
      expect(object.metadata?.uid).toBe(made.metadata?.uid);
      expect(object.metadata?.creationTimestamp).toBe(made.metadata?.creationTimestamp);
      writes.push(object);
      return object;
    };
    const label = (value: string): object => ({ metadata: { labels: { step: value } } });
    const labelled = (object: KubeObject): string | undefined => object.metadata?.labels?.['step'];

    // What is sent back as it came is no change.
    expect(versionOf(await send('PUT', path, made))).toBe(versionOf(made));
    const put = await next(
      send('PUT', path, { ...made, metadata: { ...made.metadata, labels: { ...made.metadata?.labels, step: 'put' } } }),
    );
    expect(labelled(put)).toBe('put');
    expect(labelled(await next(send('PATCH', path, label('merge'), {}, MERGE)))).toBe('merge');
    if (kind.custom) await expect(send('PATCH', path, label('strategic'), {}, STRATEGIC)).rejects.toThrow(ApiError);
    else expect(labelled(await next(send('PATCH', path, label('strategic'), {}, STRATEGIC)))).toBe('strategic');
    const json = [{ op: 'replace', path: '/metadata/labels/step', value: 'json' }];
    expect(labelled(await next(send('PATCH', path, json, {}, JSON_PATCH)))).toBe('json');

    const config = (labels: Record<string, string>): JsonObject => ({
      apiVersion: apiVersionOf(kind.type),
      kind: kind.type.kind,
      metadata: { name, labels },
    });
    const one = await next(send('PATCH', path, config({ first: '1' }), { fieldManager: 'one' }, APPLY));
    expect(one.metadata?.managedFields?.find(({ manager }) => manager === 'one')).toMatchObject({
      operation: 'Apply',
      fieldsV1: { 'f:metadata': { 'f:labels': { 'f:first': {} } } },
    });
    await expect(send('PATCH', path, config({ first: '2' }), { fieldManager: 'two' }, APPLY)).rejects.toThrow(
      'Apply failed with 1 conflict: conflict with "one": .metadata.labels.first',
    );
    await next(send('PATCH', path, config({ second: '2' }), { fieldManager: 'two' }, APPLY));
    const without = await next(send('PATCH', path, config({}), { fieldManager: 'one' }, APPLY));
    expect(without.metadata?.labels).toMatchObject({ second: '2', step: 'json' });
    expect(without.metadata?.labels).not.toHaveProperty('first');
    // Nothing of this was about the spec.
    for (const object of writes) expect(generated(object)).toBe(generated(made));

    if (kind.hasStatus) {
      const before = writes.at(-1) ?? {};
      const touched = await send('PATCH', `${path}/status`, { metadata: { labels: { no: 'no' } } }, {}, MERGE);
      expect(touched.metadata?.labels).not.toHaveProperty('no');
      expect({ ...touched, status: 0 }).toEqual({ ...before, status: 0 });
      expect(await send('GET', `${path}/status`)).toEqual(await send('GET', path));
    }
    const { status: _status, ...whole } = (await send('GET', path)) as JsonObject;
    const { status: _before, ...last } = writes.at(-1) as JsonObject;
    expect(whole).toEqual(last);

    await send('PATCH', path, { metadata: { finalizers: null } }, {}, MERGE);
    await send('DELETE', path, { gracePeriodSeconds: 0 });
    const left = await send('GET', path).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    // A namespace waits for the controller that empties it.
    if (left) expect(left.metadata?.deletionTimestamp).toBeDefined();
    else await waitFor('the deletion to be seen', () => seen.at(-1)?.type === 'DELETED');
    await waitFor('every write to be seen', () =>
      writes.every((write) => seen.some(({ object }) => sameVersion(object, write))),
    );
    expect(seen[0]?.type).toBe('ADDED');
    const order = seen.map(({ object }) => versionOf(object as KubeObject));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    stop.abort();
    await watching;
  });

  test('whatever stands in a field, the answer is what is stored or a 4xx that says where', async () => {
    const body = bodyOf(kind);
    const paths = pathsIn(body).filter(([top]) => top !== 'apiVersion' && top !== 'kind');
    await clear(path);
    const judge = async (at: readonly (string | number)[], value: unknown, applied: boolean): Promise<void> => {
      const bad = withValueAt(body, at, value);
      try {
        const query = { dryRun: 'All', ...(applied ? { fieldManager: 'f' } : {}) };
        const shown = applied
          ? await send('PATCH', path, bad, query, APPLY)
          : await send('POST', collection, bad, query);
        // What was let through is an object of the kind that would be let through again.
        const { uid: _uid, resourceVersion: _version, managedFields: _owners, ...metadata } = shown.metadata ?? {};
        const again = { ...shown, metadata: { ...metadata, name } };
        await send('POST', collection, again, { dryRun: 'All', fieldValidation: 'Strict' });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        expect(error.code, error.message).toBeGreaterThanOrEqual(400);
        expect(error.code, error.message).toBeLessThan(500);
        // `undefined field` is what CEL calls a field it does not know.
        expect(error.message).not.toMatch(/undefined(?! field)|\[object Object\]/);
        expect(error.message.length).toBeGreaterThan(10);
      }
    };
    for (const at of paths) for (const value of [null, 7, {}]) await judge(at, value, false);
    await fc.assert(fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), fc.boolean(), judge), {
      numRuns: 60,
      seed: 42,
    });
  });
});

const sameVersion = (a: object, b: KubeObject): boolean =>
  (a as KubeObject).metadata?.resourceVersion === b.metadata?.resourceVersion;

/** Paths of every value in an object, arrays and objects included. */
function pathsIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  const below = Array.isArray(value)
    ? value.flatMap((item, index) => pathsIn(item, [...path, index]))
    : isJsonObject(value)
      ? Object.entries(value).flatMap(([key, item]) => pathsIn(item, [...path, key]))
      : [];
  return path.length === 0 ? below : [path, ...below];
}

function withValueAt(object: JsonObject, path: readonly (string | number)[], value: unknown): JsonObject {
  const copy = copyJson(object) as JsonObject;
  let target = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) target = target[step] as Record<string | number, unknown>;
  target[path.at(-1) ?? ''] = value;
  return copy;
}
