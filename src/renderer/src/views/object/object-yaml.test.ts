import { expect, test } from 'vitest';
import { editableYamlOf, yamlOf } from './object-yaml.ts';

const object = {
  status: { phase: 'Active' },
  spec: { finalizers: ['kubernetes'] },
  metadata: {
    name: 'web',
    managedFields: [{ manager: 'x' }],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
  },
  kind: 'Namespace',
  apiVersion: 'v1',
};

test('reads in the order of kubectl, without bookkeeping', () => {
  expect(yamlOf(object)).toBe(
    'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\nspec:\n  finalizers:\n    - kubernetes\nstatus:\n  phase: Active\n',
  );
  expect(object.metadata.managedFields).toHaveLength(1);
});

test('is edited without its status', () => {
  expect(editableYamlOf(object)).not.toContain('status');
});
