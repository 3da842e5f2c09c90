import { describe, expect, test } from 'vitest';
import { messageOfFieldError } from '../../../resources/validation/field-error.ts';
import { warningsOf } from './existing-pods.ts';
import { policyOf, printLevelVersion } from './policy.ts';

const labels = (given: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]));
const printed = (given: Record<string, string>): string[] => {
  const { enforce, audit, warn } = policyOf(labels(given)).policy;
  return [enforce, audit, warn].map(printLevelVersion);
};
const FREE = 'privileged:latest';

describe('policyOf', () => {
  test.each<[Record<string, string>, string[]]>([
    [{}, [FREE, FREE, FREE]],
    [{ enforce: 'restricted' }, ['restricted:latest', 'restricted:latest', 'restricted:latest']],
    [{ enforce: 'baseline', 'enforce-version': 'v1.30' }, ['baseline:v1.30', 'baseline:v1.30', 'baseline:v1.30']],
    [{ enforce: 'baseline', warn: 'privileged' }, ['baseline:latest', 'baseline:latest', FREE]],
    [{ warn: 'restricted', 'warn-version': 'v1.25' }, [FREE, FREE, 'restricted:v1.25']],
    [
      { enforce: 'baseline', 'enforce-version': 'v1.30', 'audit-version': 'latest' },
      ['baseline:v1.30', 'baseline:latest', 'baseline:v1.30'],
    ],
    // What is not understood is enforced in full, and neither audited nor warned about.
    [{ enforce: 'strict', audit: 'x', warn: 'y' }, ['restricted:latest', FREE, FREE]],
    [{ enforce: 'baseline', 'enforce-version': '1.30' }, ['baseline:latest', 'baseline:latest', 'baseline:latest']],
  ])('%j', (given, expected) => {
    expect(printed(given)).toEqual(expected);
  });

  test('names the labels that mean nothing', () => {
    const { errors } = policyOf(labels({ enforce: 'strict', 'warn-version': 'v2.0' }));
    expect(errors.map((error) => `${error.field}: ${messageOfFieldError(error)}`)).toEqual([
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v2.0": must be "latest" or "v1.x"',
    ]);
  });
});

test('existing pods with the same faults are told of together', () => {
  const pod = (name: string, spec: object): never =>
    ({ metadata: { name }, spec: { containers: [], ...spec } }) as never;
  const pods = [
    pod('c', { hostPID: true }),
    pod('a', { hostPID: true }),
    pod('b', { hostPID: true }),
    pod('net', { hostNetwork: true, securityContext: { sysctls: [{ name: 'x', value: '1' }] } }),
    pod('good', {}),
  ];
  expect(warningsOf('shop', { level: 'baseline', version: 'latest' }, pods, 7)).toEqual([
    'new PodSecurity enforce level only checked against the first 5 of 7 existing pods',
    'existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 2 other pods): host namespaces',
    'net: host namespaces, forbidden sysctls',
  ]);
  expect(warningsOf('shop', { level: 'baseline', version: 'latest' }, [pod('good', {})], 1)).toEqual([]);
});
