import { expect, test } from 'vitest';
import { KindCatalog } from '../catalog.ts';
import type { PolicySpec } from './compiled-policy.ts';
import { checkTypes } from './type-check.ts';

const catalog = new KindCatalog();
const about = (rule: object, ...expressions: string[]): Partial<PolicySpec> =>
  ({
    matchConstraints: {
      resourceRules: [
        { operations: ['*'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], ...rule },
      ],
    },
    validations: expressions.map((expression) => ({ expression })),
  }) as Partial<PolicySpec>;

test('what the type does not have is warned of, with the kind and the place', () => {
  const warnings = checkTypes(
    about({}, 'object.spec.replicas > 1', "object.spec.replicas == 'two'", 'object.nothing'),
    catalog,
  );
  expect(warnings.map(({ fieldRef }) => fieldRef)).toEqual([
    'spec.validations[1].expression',
    'spec.validations[2].expression',
  ]);
  expect(warnings[1]?.warning).toContain('apps/v1, Kind=Deployment: ERROR: <input>:1:');
  expect(warnings[1]?.warning).toContain("undefined field 'nothing'");
});

test('each of several kinds is checked, and nothing behind a wildcard', () => {
  const both = checkTypes(about({ resources: ['deployments', 'daemonsets'] }, 'object.spec.replicas > 1'), catalog);
  expect(both).toHaveLength(1);
  expect(both[0]?.warning).toContain('Kind=DaemonSet');
  expect(checkTypes(about({ apiGroups: ['*'] }, 'object.nothing'), catalog)).toEqual([]);
  expect(checkTypes(about({ resources: ['*', 'pods/log'] }, 'object.nothing'), catalog)).toEqual([]);
});

test('types reach into lists, maps, times, parameters and variables', () => {
  const spec = {
    ...about(
      {},
      "object.spec.template.spec.containers.all(c, c.image.startsWith('a'))",
      "object.metadata.labels['a'] == 'b'",
      "object.metadata.creationTimestamp < timestamp('2030-01-01T00:00:00Z')",
      "params.data['a'] == 'b' && variables.count > 1",
      'params.spec',
      "variables.count == 'x'",
    ),
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    variables: [{ name: 'count', expression: 'size(object.spec.template.spec.containers)' }],
  } as Partial<PolicySpec>;
  expect(checkTypes(spec, catalog).map(({ fieldRef }) => fieldRef)).toEqual([
    'spec.validations[4].expression',
    'spec.validations[5].expression',
  ]);
});
