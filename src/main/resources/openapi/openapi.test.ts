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
  expect(Object.keys(openApiIndex(CATALOG).paths).sort()).toEqual([
    'api/v1',
    'apis/apps/v1',
    'apis/batch/v1',
    'apis/coordination.k8s.io/v1',
    'apis/discovery.k8s.io/v1',
    'apis/machines.wheelhouse.dev/v1alpha1',
    'apis/networking.k8s.io/v1',
    'apis/node.k8s.io/v1',
    'apis/policy/v1',
    'apis/rbac.authorization.k8s.io/v1',
    'apis/scheduling.k8s.io/v1',
    'apis/storage.k8s.io/v1',
  ]);
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

test.each(KINDS.map((kind) => [kind.type.kind, kind] as const))(
  '%s: kubectl finds its kind and fieldValidation on every write',
  (_name, { type, schema, hasStatus }) => {
    const { paths, components } = documentOf(`${type.group === '' ? 'api' : 'apis'}/${apiVersionOf(type)}`);
    const collection = decodeURIComponent(pathOf(type, '{namespace}'));
    for (const operation of [
      paths[collection]?.post,
      paths[`${collection}/{name}`]?.put,
      paths[`${collection}/{name}`]?.patch,
    ]) {
      expect(operation?.['x-kubernetes-group-version-kind']).toEqual({
        group: type.group,
        version: type.version,
        kind: type.kind,
      });
      expect(operation?.parameters?.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['fieldValidation', 'dryRun', 'fieldManager']),
      );
    }
    expect(components.schemas[schema]).toMatchObject({
      'x-kubernetes-group-version-kind': [{ group: type.group, version: type.version, kind: type.kind }],
    });
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
