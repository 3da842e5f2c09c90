import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../shared/api/kinds.ts';
import type { FilterPlugin, Rejection } from '../framework/plugin.ts';
import { aCluster, aNode, aPod, info } from '../testing/builders.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { taintToleration } from './taint-toleration.ts';

/** What the plugin says of the pod on node `n`; undefined: it may go there. */
function verdict(plugin: FilterPlugin, pod: Pod, node = aNode('n'), placed: Pod[] = []): Rejection | undefined {
  const target = aCluster([node], { n: placed }).node('n');
  if (!target) throw new Error('no node');
  return plugin.prepare(info(pod))?.filter(target);
}
const reasons = (...of: Parameters<typeof verdict>): readonly string[] => verdict(...of)?.reasons ?? [];

describe('NodeResourcesFit', () => {
  test('fits up to the last thousandth of a core', () => {
    const placed = [aPod('a', { cpu: '3' })];
    expect(reasons(nodeResourcesFit, aPod('p', { cpu: '1' }), aNode('n'), placed)).toEqual([]);
    expect(reasons(nodeResourcesFit, aPod('p', { cpu: '1001m' }), aNode('n'), placed)).toEqual(['Insufficient cpu']);
  });

  test('names everything that is short', () => {
    const pod = aPod('p', { cpu: '5', memory: '9Gi', 'ephemeral-storage': '1Gi', 'example.com/gpu': '1' });
    expect(reasons(nodeResourcesFit, pod)).toEqual([
      'Insufficient cpu',
      'Insufficient memory',
      'Insufficient ephemeral-storage',
      'Insufficient example.com/gpu',
    ]);
  });

  test('no preemption helps against a request larger than the node, but it may against a full node', () => {
    const placed = [aPod('a', { cpu: '3' })];
    expect(verdict(nodeResourcesFit, aPod('p', { cpu: '5' }), aNode('n'), placed)?.unresolvable).toBe(true);
    expect(verdict(nodeResourcesFit, aPod('p', { cpu: '4' }), aNode('n'), placed)?.unresolvable).toBe(false);
  });

  test('counts pods, also those that request nothing', () => {
    expect(reasons(nodeResourcesFit, aPod('p'), aNode('n', { pods: '1' }), [aPod('a')])).toEqual(['Too many pods']);
  });

  test('counts extended resources that are taken', () => {
    const node = aNode('n', { extended: { 'example.com/gpu': '2' } });
    const placed = [aPod('a', { 'example.com/gpu': '1' })];
    expect(reasons(nodeResourcesFit, aPod('p', { 'example.com/gpu': '1' }), node, placed)).toEqual([]);
    expect(reasons(nodeResourcesFit, aPod('p', { 'example.com/gpu': '2' }), node, placed)).toEqual([
      'Insufficient example.com/gpu',
    ]);
  });

  const container = (name: string, cpu: string, restartPolicy?: string) => ({
    name,
    resources: { requests: { cpu } },
    ...(restartPolicy ? { restartPolicy } : {}),
  });
  test.each([
    ['the largest init container counts', [container('i', '4')], {}, 4000],
    ['the containers count when they are more', [container('i', '500m')], {}, 1000],
    ['a sidecar runs beside the containers', [container('s', '2', 'Always')], {}, 3000],
    ['and beside later init containers', [container('s', '2', 'Always'), container('i', '2')], {}, 4000],
    ['overhead comes on top', [], { overhead: { cpu: '250m' } }, 1250],
    ['the pod as a whole goes before its containers', [], { resources: { requests: { cpu: '3' } } }, 3000],
  ])('%s', (_, initContainers, more, milliCpu) => {
    expect(info(aPod('p', { cpu: '1' }, { initContainers, ...more })).requests.milliCpu).toBe(milliCpu);
  });
});

describe('TaintToleration', () => {
  const tainted = (effect: string, value?: string) =>
    aNode('n', { spec: { taints: [{ key: 'dedicated', effect, ...(value ? { value } : {}) }] } });
  const tolerating = (toleration: object): Pod => aPod('p', {}, { tolerations: [toleration] });

  test('says which taint, with an empty value as upstream', () => {
    expect(reasons(taintToleration, aPod('p'), tainted('NoSchedule', 'db'))).toEqual([
      'node(s) had untolerated taint {dedicated: db}',
    ]);
    expect(reasons(taintToleration, aPod('p'), tainted('NoExecute'))).toEqual([
      'node(s) had untolerated taint {dedicated: }',
    ]);
  });

  test.each([
    ['PreferNoSchedule does not keep off', aPod('p'), tainted('PreferNoSchedule'), true],
    ['equal value', tolerating({ key: 'dedicated', value: 'db' }), tainted('NoSchedule', 'db'), true],
    ['other value', tolerating({ key: 'dedicated', value: 'web' }), tainted('NoSchedule', 'db'), false],
    ['exists', tolerating({ key: 'dedicated', operator: 'Exists' }), tainted('NoExecute', 'db'), true],
    ['everything', tolerating({ operator: 'Exists' }), tainted('NoSchedule', 'db'), true],
    ['other effect', tolerating({ operator: 'Exists', effect: 'NoExecute' }), tainted('NoSchedule', 'db'), false],
  ])('%s', (_, pod, node, passes) => {
    expect(verdict(taintToleration, pod, node) === undefined).toBe(passes);
  });
});

describe('NodeAffinity', () => {
  const node = aNode('n', { labels: { disk: 'ssd', cores: '8' } });
  const requiring = (...nodeSelectorTerms: object[]): Pod =>
    aPod('p', {}, {
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    } as Partial<NonNullable<Pod['spec']>>);
  const expression = (key: string, operator: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });

  test.each([
    ['selector', aPod('p', {}, { nodeSelector: { disk: 'ssd' } }), true],
    ['other selector', aPod('p', {}, { nodeSelector: { disk: 'hdd' } }), false],
    ['In', requiring(expression('disk', 'In', 'hdd', 'ssd')), true],
    ['NotIn without the label', requiring(expression('gpu', 'NotIn', 'a')), true],
    ['Gt', requiring(expression('cores', 'Gt', '4')), true],
    ['Lt', requiring(expression('cores', 'Lt', '8')), false],
    ['one of several terms', requiring(expression('disk', 'In', 'hdd'), expression('cores', 'Exists')), true],
    ['an empty term matches nothing', requiring({}), false],
    ['by name', requiring({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }), true],
  ])('%s', (_, pod, passes) => {
    expect(verdict(nodeAffinity, pod, node) === undefined).toBe(passes);
  });

  test('says so in upstream words, and that preemption is of no use', () => {
    expect(verdict(nodeAffinity, aPod('p', {}, { nodeSelector: { disk: 'hdd' } }), node)).toEqual({
      reasons: ["node(s) didn't match Pod's node affinity/selector"],
      unresolvable: true,
    });
  });

  test('nodes named in every term are the only ones to look at', () => {
    const named = (name: string) => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] });
    expect(nodeAffinity.prepare(info(requiring(named('a'), named('b'))))?.only).toEqual(new Set(['a', 'b']));
    expect(nodeAffinity.prepare(info(requiring(named('a'), expression('disk', 'Exists'))))?.only).toBeUndefined();
  });
});

describe('NodePorts', () => {
  const port = (hostPort: number, hostIP?: string, protocol = 'TCP') => ({
    containers: [{ name: 'app', ports: [{ containerPort: 80, hostPort, protocol, ...(hostIP ? { hostIP } : {}) }] }],
  });
  test.each([
    ['the same port', port(80), port(80), false],
    ['another port', port(80), port(81), true],
    ['another protocol', port(80), port(80, undefined, 'UDP'), true],
    ['two addresses', port(80, '10.0.0.1'), port(80, '10.0.0.2'), true],
    ['one address against all', port(80, '10.0.0.1'), port(80), false],
  ])('%s', (_, wanted, taken, passes) => {
    expect(verdict(nodePorts, aPod('p', {}, wanted), aNode('n'), [aPod('a', {}, taken)]) === undefined).toBe(passes);
  });
});

test('NodeUnschedulable keeps off cordoned nodes, unless its taint is tolerated', () => {
  const cordoned = aNode('n', { spec: { unschedulable: true } });
  const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }];
  expect(reasons(nodeUnschedulable, aPod('p'), cordoned)).toEqual(['node(s) were unschedulable']);
  expect(reasons(nodeUnschedulable, aPod('p', {}, { tolerations }), cordoned)).toEqual([]);
});

test('NodeName lets a pod only onto the node it names', () => {
  expect(reasons(nodeName, aPod('p', {}, { nodeName: 'm' }))).toEqual(["node(s) didn't match the requested node name"]);
  expect(reasons(nodeName, aPod('p', {}, { nodeName: 'n' }))).toEqual([]);
});
