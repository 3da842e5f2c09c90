import { describe, expect, test } from 'vitest';
import type { Container } from '../../shared/api/kinds.ts';
import { environment } from './environment.ts';
import { expand } from './expansion.ts';
import { aContainer, aPod } from './fixtures.ts';

const around = { podIp: '10.244.1.2', hostIp: '192.0.2.1', allocatable: { milliCpu: 1950, memoryBytes: 2 ** 31 } };
const objects = {
  configMaps: new Map([['settings', { data: { COLOR: 'blue', 'bad=name': 'x' } }]]),
  secrets: new Map([['keys', { data: { token: Buffer.from('s3cret').toString('base64') } }]]),
  tokens: new Map(),
};

function env(container: Partial<Container>): Record<string, string> {
  const pod = aPod({}, { metadata: { name: 'web', namespace: 'default', uid: 'u1', labels: { app: 'web' } } });
  const list = environment(pod, aContainer(container), objects, around);
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

describe('environment variables', () => {
  test('env overrides envFrom and may refer to what came before', () => {
    expect(
      env({
        envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'P_', secretRef: { name: 'keys' } }],
        env: [
          { name: 'COLOR', value: 'dark $(COLOR)' },
          { name: 'LATER', value: '$(COLOR) $(NOPE) $$(COLOR)' },
        ],
      }),
    ).toEqual({ COLOR: 'dark blue', P_token: 's3cret', LATER: 'dark blue $(NOPE) $(COLOR)' });
  });

  test.each([
    ['metadata.name', 'web'],
    ["metadata.labels['app']", 'web'],
    ['status.podIP', '10.244.1.2'],
    ['status.hostIP', '192.0.2.1'],
  ])('field %s', (fieldPath, value) => {
    expect(env({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] })).toEqual({ X: value });
  });

  test.each([
    ['limits.cpu', undefined, '2'],
    ['limits.memory', '1Mi', '2048'],
    ['requests.cpu', '1m', '250'],
    ['requests.memory', undefined, '0'],
  ])('resource %s in units of %s', (resource, divisor, value) => {
    const valueFrom = { resourceFieldRef: { resource, ...(divisor ? { divisor } : {}) } };
    const container = { resources: { requests: { cpu: '250m' } }, env: [{ name: 'X', valueFrom }] };
    expect(env(container)).toEqual({ X: value });
  });

  test.each([
    ['configmap "no" not found', { configMapKeyRef: { name: 'no', key: 'k' } }],
    ["couldn't find key k in ConfigMap default/settings", { configMapKeyRef: { name: 'settings', key: 'k' } }],
    ['secret "no" not found', { secretKeyRef: { name: 'no', key: 'k' } }],
    ["couldn't find key k in Secret default/keys", { secretKeyRef: { name: 'keys', key: 'k' } }],
  ])('says: %s', (message, valueFrom) => {
    expect(() => env({ env: [{ name: 'X', valueFrom }] })).toThrow(message);
  });

  test('an optional key or object that is missing leaves the variable out', () => {
    const optional = true;
    const valueFrom = { secretKeyRef: { name: 'no', key: 'k', optional } };
    expect(env({ env: [{ name: 'X', valueFrom }], envFrom: [{ configMapRef: { name: 'no', optional } }] })).toEqual({});
  });
});

test.each([
  ['$(A)-$(A)', '1-1'],
  ['$$(A)', '$(A)'],
  ['$A $(B) $', '$A $(B) $'],
])('%s expands to %s', (text, expected) => {
  expect(expand(text, new Map([['A', '1']]))).toBe(expected);
});
