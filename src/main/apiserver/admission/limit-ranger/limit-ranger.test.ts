import { describe, expect, test } from 'vitest';
import type { LimitRange, PersistentVolumeClaim, Pod } from '../../../../shared/api/kinds.ts';
import { claimViolations, podViolations } from './constraints.ts';
import { setLimitDefaults } from './defaults.ts';

type Item = NonNullable<LimitRange['spec']>['limits'][number];
const range = (...limits: Item[]): LimitRange => ({ spec: { limits } });
type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };
const pod = (...resources: Resources[]): Pod => ({
  metadata: {},
  spec: { containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })) },
});
const container = (item: Partial<Item>): LimitRange => range({ type: 'Container', ...item });

describe('bounds', () => {
  const half = { requests: { cpu: '500m' }, limits: { cpu: '1' } };
  test.each<[string, LimitRange, Pod, string[]]>([
    ['within', container({ min: { cpu: '500m' }, max: { cpu: '1' } }), pod(half), []],
    [
      'a small request',
      container({ min: { cpu: '600m' } }),
      pod(half),
      ['minimum cpu usage per Container is 600m, but request is 500m'],
    ],
    [
      'no request',
      container({ min: { memory: '1Gi' } }),
      pod(half),
      ['minimum memory usage per Container is 1Gi.  No request is specified'],
    ],
    [
      'a small limit',
      container({ min: { cpu: '2' } }),
      pod({ requests: { cpu: '2' }, limits: { cpu: '1' } }),
      ['minimum cpu usage per Container is 2, but limit is 1'],
    ],
    [
      'a large limit',
      container({ max: { cpu: '800m' } }),
      pod({ limits: { cpu: '1500m' } }),
      ['maximum cpu usage per Container is 800m, but limit is 1500m'],
    ],
    [
      'no limit',
      container({ max: { cpu: '1' } }),
      pod({}),
      ['maximum cpu usage per Container is 1.  No limit is specified'],
    ],
    [
      'a wide ratio',
      container({ maxLimitRequestRatio: { cpu: '2' } }),
      pod({ requests: { cpu: '300m' }, limits: { cpu: '1' } }),
      ['cpu max limit to request ratio per Container is 2, but provided ratio is 3.333333'],
    ],
    ['just the ratio', container({ maxLimitRequestRatio: { cpu: '2' } }), pod(half), []],
    [
      'no request for the ratio',
      container({ maxLimitRequestRatio: { cpu: '2' } }),
      pod({ limits: { cpu: '1' } }),
      ['cpu max limit to request ratio per Container is 2, but no request is specified or request is 0'],
    ],
    [
      'the pod as a whole',
      range({ type: 'Pod', max: { cpu: '1500m' } }),
      pod(half, half),
      ['maximum cpu usage per Pod is 1500m, but limit is 2'],
    ],
    ['another type', range({ type: 'PersistentVolumeClaim', max: { storage: '1' } }), pod(half), []],
  ])('%s', (_name, limits, object, expected) => {
    expect(podViolations(limits, object)).toEqual(expected);
  });

  test('claims have requests only', () => {
    const claim = (storage: string): PersistentVolumeClaim => ({ spec: { resources: { requests: { storage } } } });
    const limits = range({ type: 'PersistentVolumeClaim', min: { storage: '2Gi' }, max: { storage: '4Gi' } });
    expect(claimViolations(limits, claim('1Gi'))).toEqual([
      'minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi',
    ]);
    expect(claimViolations(limits, claim('5Gi'))).toEqual([
      'maximum storage usage per PersistentVolumeClaim is 4Gi, but request is 5Gi',
    ]);
    expect(claimViolations(limits, claim('3Gi'))).toEqual([]);
  });
});

test('containers get what they do not have, and the pod says so', () => {
  const object: Pod = {
    spec: {
      containers: [
        { name: 'a', resources: { requests: { cpu: '1' } } },
        { name: 'b', resources: {} },
      ],
      initContainers: [{ name: 'i' }],
    },
  };
  setLimitDefaults(container({ default: { memory: '1Gi', cpu: '2' }, defaultRequest: { cpu: '100m' } }), object);
  const limits = { memory: '1Gi', cpu: '2' };
  expect(object.spec?.containers.map(({ resources }) => resources)).toEqual([
    { requests: { cpu: '1' }, limits },
    { requests: { cpu: '100m' }, limits },
  ]);
  expect(object.spec?.initContainers?.[0]?.resources).toEqual({ requests: { cpu: '100m' }, limits });
  expect(object.metadata?.annotations).toEqual({
    'kubernetes.io/limit-ranger':
      'LimitRanger plugin set: cpu, memory limit for container a; cpu request for container b; cpu, memory limit for container b; cpu request for init container i; cpu, memory limit for init container i',
  });
});
