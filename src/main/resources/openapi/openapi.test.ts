import { describe, expect, test } from 'vitest';
import { apiVersionOf, pathOf } from '../../../shared/api/kinds.ts';
import { KindCatalog } from '../catalog.ts';
import { KINDS } from '../registry.ts';
import { openApiDocument, openApiIndex, openApiText } from './openapi.ts';

interface Operation {
  operationId: string;
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': { group: string; version: string; kind: string };
  parameters?: { name: string; in: string }[];
}
interface Document {
  paths: Record<string, Record<'get' | 'post' | 'put' | 'patch' | 'delete', Operation | undefined>>;
  components: { schemas: Record<string, unknown> };
}

const CATALOG = new KindCatalog();
const documentOf = (key: string): Document => openApiDocument(CATALOG, key) as unknown as Document;

test('the index names each group version with the hash of its document', () => {
  const served = KINDS.map(({ type }) => `${type.group === '' ? 'api' : 'apis'}/${apiVersionOf(type)}`);
  expect(Object.keys(openApiIndex(CATALOG).paths).sort()).toEqual([...new Set(served)].sort());
  expect(served).toContain('apis/apiextensions.k8s.io/v1');
  expect(openApiIndex(CATALOG).paths['apis/apps/v1']?.serverRelativeURL).toBe(
    `/openapi/v3/apis/apps/v1?hash=${openApiText(CATALOG, 'apis/apps/v1')?.hash}`,
  );
  expect(openApiText(CATALOG, 'apis/apps/v1')?.hash).toMatch(/^[0-9A-F]{64}$/);
  expect(openApiDocument(CATALOG, 'apis/nope/v1')).toBeUndefined();
});

describe.each(Object.keys(openApiIndex(CATALOG).paths))('%s', (key) => {
  const document = documentOf(key);

  test('every reference leads to a schema', () => {
    const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !Object.hasOwn(document.components.schemas, name ?? ''))).toEqual([]);
  });

  test('operation ids are unique', () => {
    const ids = Object.values(document.paths).flatMap((item) =>
      (['get', 'post', 'put', 'patch', 'delete'] as const).flatMap((method) => item[method]?.operationId ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test.each(KINDS.map((kind) => [`${apiVersionOf(kind.type)} ${kind.type.kind}`, kind] as const))(
  '%s: kubectl finds its kind and fieldValidation on every write',
  (_name, { type, schema, hasStatus, verbs = ['create', 'update', 'patch'] }) => {
    const { paths, components } = documentOf(`${type.group === '' ? 'api' : 'apis'}/${apiVersionOf(type)}`);
    const collection = decodeURIComponent(pathOf(type, '{namespace}'));
    const writes = [
      verbs.includes('create') ? paths[collection]?.post : undefined,
      verbs.includes('update') ? paths[`${collection}/{name}`]?.put : undefined,
      verbs.includes('patch') ? paths[`${collection}/{name}`]?.patch : undefined,
    ].filter((operation) => operation !== undefined);
    expect(writes).toHaveLength(verbs.filter((verb) => ['create', 'update', 'patch'].includes(verb)).length);
    for (const operation of writes) {
      expect(operation['x-kubernetes-group-version-kind']).toEqual({
        group: type.group,
        version: type.version,
        kind: type.kind,
      });
      expect(operation.parameters?.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['fieldValidation', 'dryRun', 'fieldManager']),
      );
    }
    expect(
      (components.schemas[schema] as { 'x-kubernetes-group-version-kind': unknown })['x-kubernetes-group-version-kind'],
    ).toContainEqual({ group: type.group, version: type.version, kind: type.kind });
    expect(Object.hasOwn(paths, `${collection}/{name}/status`)).toBe(hasStatus);
  },
);

test("schemas are upstream's, to the descriptions", () => {
  const schemas = documentOf('apis/apps/v1').components.schemas;
  expect(schemas['io.k8s.api.apps.v1.DeploymentSpec']).toMatchObject({
    required: ['selector', 'template'],
    properties: {
      replicas: {
        type: 'integer',
        format: 'int32',
        description: expect.stringMatching(/^Number of desired pods/) as string,
      },
    },
  });
  expect(schemas['io.k8s.api.core.v1.ResourceRequirements']).toMatchObject({
    properties: {
      limits: { additionalProperties: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity' } },
    },
  });
});

test('lists say how their items are told apart', () => {
  const schemas = documentOf('api/v1').components.schemas;
  expect(schemas['io.k8s.api.core.v1.Container']).toMatchObject({
    properties: {
      ports: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['containerPort', 'protocol'] },
      command: { 'x-kubernetes-list-type': 'atomic' },
    },
  });
});
