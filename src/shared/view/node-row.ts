import type { Node } from '../api/kinds.ts';
import { SIMULATED_LABEL } from '../api/machine.ts';
import { milliValue, wholeValue } from '../api/quantity.ts';
import { rowBase } from './row-base.ts';
import type { NodeRow, StateView } from './rows.ts';

/** Whether the node's machine is made up. */
export const isSimulated = (node: Node): boolean => node.metadata?.labels?.[SIMULATED_LABEL] === 'true';

/** A Node as a list shows it. What its pods add (counts, requests, usage) comes from elsewhere and starts at 0. */
export function nodeRow(node: Node): NodeRow {
  const { status } = node;
  const { nodeInfo, allocatable = {} } = status ?? {};
  return {
    resource: 'nodes',
    ...rowBase(node),
    simulated: isSimulated(node),
    state: nodeState(node),
    schedulable: node.spec?.unschedulable !== true,
    version: nodeInfo?.kubeletVersion ?? '',
    address: status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
    os: nodeInfo?.osImage ?? '',
    runtime: nodeInfo?.containerRuntimeVersion ?? '',
    podCount: 0,
    podCapacity: wholeValue(allocatable['pods'] ?? '0'),
    cpuAllocatable: milliValue(allocatable['cpu'] ?? '0') / 1000,
    cpuRequested: 0,
    memoryAllocatable: wholeValue(allocatable['memory'] ?? '0'),
    memoryRequested: 0,
  };
}

const PRESSURE: Record<string, string> = {
  MemoryPressure: 'The machine is short of memory: Pods may be evicted.',
  DiskPressure: 'The machine is short of disk space: Pods may be evicted.',
  PIDPressure: 'The machine runs too many processes.',
  NetworkUnavailable: 'The Pod network of the machine is not set up.',
};

/** STATUS of `kubectl get nodes`, with the reason beside it. */
export function nodeState(node: Node): StateView {
  const conditions = node.status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  const cordoned = node.spec?.unschedulable === true;
  const word = (own: string): string => (cordoned ? `${own},SchedulingDisabled` : own);
  if (node.metadata?.deletionTimestamp) return { kind: 'working', word: 'Terminating', sentence: 'Being removed.' };
  if (!ready) return { kind: 'unknown', word: word('Unknown'), sentence: 'The machine has not reported yet.' };
  if (ready.status === 'Unknown')
    return {
      kind: 'unknown',
      word: word('NotReady'),
      sentence: 'The machine has stopped reporting. What runs on it may well go on running.',
    };
  if (ready.status !== 'True')
    return { kind: 'failing', word: word('NotReady'), sentence: ready.message || 'The machine says it is not ready.' };
  const pressure = conditions.find(({ type, status }) => status === 'True' && PRESSURE[type] !== undefined);
  if (pressure)
    return { kind: 'warning', word: `${word('Ready')},${pressure.type}`, sentence: PRESSURE[pressure.type] ?? '' };
  if (cordoned) return { kind: 'waiting', word: word('Ready'), sentence: 'Cordoned: no new Pods are placed here.' };
  return { kind: 'healthy', word: 'Ready' };
}
