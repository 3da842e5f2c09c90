import { describe, expect, test } from 'vitest';
import type { PersistentVolumeClaim, Pod, ResourceQuota, Service } from '../api/kinds.ts';
import { toList } from './amounts.ts';
import { claimEvaluator } from './claims.ts';
import { podLimits, podRequests } from './pod-resources.ts';
import { podEvaluator } from './pods.ts';
import { serviceEvaluator } from './services.ts';
import { countedBy, evaluatorOf, usageOf } from './usage.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
type Container = NonNullable<Pod['spec']>['containers'][number];
const aContainer = (name: string, requests: Record<string, string>, more: Partial<Container> = {}): Container => ({
  name,
  resources: { requests },
  ...more,
});

describe('what a pod asks for', () => {
  test('is the sum, or what the hungriest init container needs beside the sidecars before it, and overhead', () => {
    const pod: Pod = {
      spec: {
        overhead: { cpu: '50m' },
        initContainers: [
          aContainer('sidecar', { cpu: '100m' }, { restartPolicy: 'Always' }),
          aContainer('big', { cpu: '2', memory: '1Gi' }),
          aContainer('late', { cpu: '100m' }, { restartPolicy: 'Always' }),
        ],
        containers: [
          aContainer('a', { cpu: '500m', memory: '512Mi' }),
          aContainer('b', { cpu: '0.5', memory: '256Mi' }),
        ],
      },
    };
    expect(toList(podRequests(pod))).toEqual({ cpu: '2150m', memory: '1Gi' });
  });

  test('is what the pod as a whole asks for, of what pods can ask for', () => {
    const pod: Pod = {
      spec: {
        resources: { requests: { cpu: '3' } },
        containers: [aContainer('a', { cpu: '1', 'nvidia.com/gpu': '2' })],
      },
    };
    expect(toList(podRequests(pod))).toEqual({ cpu: '3', 'nvidia.com/gpu': '2' });
  });

  test('stays what it was given until a smaller size is applied, but not when a larger one cannot be', () => {
    const pod: Pod = {
      spec: { containers: [aContainer('a', { cpu: '1' })] },
      status: {
        containerStatuses: [
          {
            name: 'a',
            image: '',
            imageID: '',
            ready: true,
            restartCount: 0,
            resources: { requests: { cpu: '2' } },
            allocatedResources: { cpu: '1500m' },
          },
        ],
      },
    };
    expect(toList(podRequests(pod))).toEqual({ cpu: '2' });
    const infeasible = structuredClone(pod);
    infeasible.spec = { containers: [aContainer('a', { cpu: '50' })] };
    infeasible.status = {
      ...pod.status,
      conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }],
    };
    expect(toList(podRequests(infeasible))).toEqual({ cpu: '2' });
  });

  test('limits count overhead only where there is a limit', () => {
    const pod: Pod = {
      spec: { overhead: { cpu: '1', memory: '1Gi' }, containers: [{ name: 'a', resources: { limits: { cpu: '1' } } }] },
    };
    expect(toList(podLimits(pod))).toEqual({ cpu: '2' });
  });
});

describe('pods', () => {
  const pod: Pod = {
    spec: {
      containers: [
        {
          name: 'a',
          resources: {
            requests: { cpu: '1', memory: '1Gi', 'hugepages-2Mi': '4Mi', 'nvidia.com/gpu': '1' },
            limits: { cpu: '2' },
          },
        },
      ],
    },
  };

  test('count with what they ask for, under every name of it', () => {
    expect(toList(podEvaluator.usage(pod, NOW))).toEqual({
      pods: '1',
      'count/pods': '1',
      cpu: '1',
      'requests.cpu': '1',
      'limits.cpu': '2',
      memory: '1Gi',
      'requests.memory': '1Gi',
      'hugepages-2Mi': '4Mi',
      'requests.hugepages-2Mi': '4Mi',
      'requests.nvidia.com/gpu': '1',
    });
  });

  test('that have ended, or should long be gone, are objects only', () => {
    const only = { 'count/pods': '1' };
    expect(toList(podEvaluator.usage({ ...pod, status: { phase: 'Failed' } }, NOW))).toEqual(only);
    const going = { ...pod, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 } };
    expect(toList(podEvaluator.usage(going, NOW + 30_000))['pods']).toBe('1');
    expect(toList(podEvaluator.usage(going, NOW + 30_001))).toEqual(only);
  });

  test('must say what a quota is about, each container', () => {
    const silent: Pod = { spec: { containers: [{ name: 'b' }, { name: 'a', resources: { limits: { cpu: '1' } } }] } };
    expect(
      podEvaluator.constraint(['limits.cpu', 'requests.memory', 'pods', 'requests.ephemeral-storage'], silent),
    ).toBe('must specify limits.cpu for: b; requests.memory for: a,b');
    expect(podEvaluator.constraint(['pods'], silent)).toBeUndefined();
  });

  test.each<[string, Pod, boolean]>([
    ['Terminating', { spec: { containers: [], activeDeadlineSeconds: 0 } }, true],
    ['NotTerminating', { spec: { containers: [] } }, true],
    ['BestEffort', { status: { qosClass: 'BestEffort' } }, true],
    ['NotBestEffort', { status: { qosClass: 'BestEffort' } }, false],
    [
      'CrossNamespacePodAffinity',
      {
        spec: {
          containers: [],
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'x', namespaces: ['b'] }],
            },
          },
        },
      },
      true,
    ],
    [
      'CrossNamespacePodAffinity',
      {
        spec: {
          containers: [],
          affinity: {
            podAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'x' } }],
            },
          },
        },
      },
      false,
    ],
  ])('scope %s', (scopeName, object, expected) => {
    expect(podEvaluator.matchesScope({ scopeName, operator: 'Exists' }, object)).toBe(expected);
  });

  test('scope PriorityClass compares', () => {
    const high: Pod = { spec: { containers: [], priorityClassName: 'high' } };
    const scope = (operator: string, values?: string[]) => ({
      scopeName: 'PriorityClass',
      operator,
      ...(values ? { values } : {}),
    });
    const matches = (object: Pod) =>
      [scope('In', ['high']), scope('NotIn', ['high']), scope('Exists'), scope('DoesNotExist')].map((each) =>
        podEvaluator.matchesScope(each, object),
      );
    expect(matches(high)).toEqual([true, false, true, false]);
    expect(matches({ spec: { containers: [] } })).toEqual([false, true, false, true]);
  });
});

test('services count the node ports they mean to have', () => {
  const used = (spec: NonNullable<Service['spec']>) => toList(serviceEvaluator.usage({ spec }, NOW));
  const ports = [{ port: 1 }, { port: 2, nodePort: 30000 }];
  expect(used({ type: 'ClusterIP', ports })).toMatchObject({
    services: '1',
    'services.nodeports': '0',
    'services.loadbalancers': '0',
  });
  expect(used({ type: 'NodePort', ports })).toMatchObject({ 'services.nodeports': '2' });
  expect(used({ type: 'LoadBalancer', ports })).toMatchObject({
    'services.nodeports': '2',
    'services.loadbalancers': '1',
  });
  expect(used({ type: 'LoadBalancer', ports, allocateLoadBalancerNodePorts: false })).toMatchObject({
    'services.nodeports': '1',
  });
});

test('claims count in all and by class, in whole bytes, with what they were given', () => {
  const claim: PersistentVolumeClaim = {
    spec: { storageClassName: 'gold', resources: { requests: { storage: '1500m' } } },
  };
  expect(toList(claimEvaluator.usage(claim, NOW))).toEqual({
    persistentvolumeclaims: '1',
    'count/persistentvolumeclaims': '1',
    'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    'requests.storage': '2',
    'gold.storageclass.storage.k8s.io/requests.storage': '2',
  });
  const given = { ...claim, status: { allocatedResources: { storage: '3Gi' } } };
  expect(toList(claimEvaluator.usage(given, NOW))['requests.storage']).toBe('3Gi');
});

test('every other kind is counted, save events', () => {
  const count = (group: string, plural: string) => evaluatorOf({ group, plural })?.usage({}, NOW);
  expect(toList(count('', 'secrets') ?? new Map())).toEqual({ secrets: '1', 'count/secrets': '1' });
  expect(toList(count('example.com', 'widgets') ?? new Map())).toEqual({ 'count/widgets.example.com': '1' });
  expect(count('', 'events')).toBeUndefined();
});

test.each([
  ['requests.cpu', '', 'pods'],
  ['requests.nvidia.com/gpu', '', 'pods'],
  ['services.nodeports', '', 'services'],
  ['gold.storageclass.storage.k8s.io/requests.storage', '', 'persistentvolumeclaims'],
  ['configmaps', '', 'configmaps'],
  ['count/deployments.apps', 'apps', 'deployments'],
  ['count/widgets.example.com', 'example.com', 'widgets'],
])('%s is about %s/%s', (name, group, plural) => {
  expect(countedBy(name)).toEqual({ group, plural });
});

test('a quota counts what is in its scope, written as the first amount was', () => {
  const quota: ResourceQuota = { spec: { hard: { 'requests.memory': '1' }, scopes: ['NotTerminating'] } };
  const pods: Pod[] = [
    { spec: { containers: [aContainer('a', { memory: '512Mi' })] } },
    { spec: { containers: [aContainer('a', { memory: '512Mi' })] } },
    { spec: { activeDeadlineSeconds: 1, containers: [aContainer('a', { memory: '1Gi' })] } },
  ];
  const evaluator = evaluatorOf({ group: '', plural: 'pods' });
  if (!evaluator) throw new Error('pods are counted');
  expect(toList(usageOf(evaluator, pods, quota, ['requests.memory', 'pods'], NOW))).toEqual({
    'requests.memory': '1Gi',
    pods: '2',
  });
  expect(toList(usageOf(evaluator, [], quota, ['pods'], NOW))).toEqual({ pods: '0' });
});
