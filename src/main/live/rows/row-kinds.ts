import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  EVENTS,
  MACHINES,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  SECRETS,
  SERVICE_ACCOUNTS,
  type ResourceType,
} from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { configMapRow, secretRow, serviceAccountRow } from '../../../shared/view/config-row.ts';
import { deploymentRow } from '../../../shared/view/deployment-row.ts';
import { eventRow } from '../../../shared/view/event-row.ts';
import { machineRow } from '../../../shared/view/machine-row.ts';
import { namespaceRow } from '../../../shared/view/namespace-row.ts';
import { nodeRow } from '../../../shared/view/node-row.ts';
import { podRow } from '../../../shared/view/pod-row.ts';
import { replicaSetRow } from '../../../shared/view/replica-set-row.ts';
import type { Row, RowResource } from '../../../shared/view/rows.ts';

/** How the objects of a kind become rows, and what their rows can be found by. */
export interface RowKind {
  readonly type: ResourceType;
  toRow(object: KubeObject): Row;
  /** Values of each facet besides `state` and `namespace`, which every kind has. */
  facets(row: Row): Record<string, readonly string[]>;
  /** What a search looks at besides name, namespace and state. */
  words(row: Row): readonly string[];
  /** Row fields that come from other kinds or from metrics, and so change without the object. */
  readonly volatile: readonly string[];
}

function rowKind<T extends KubeObject, R extends Row>(
  type: ResourceType<T>,
  toRow: (object: T) => R,
  found: {
    facets?: (row: R) => Record<string, readonly string[]>;
    words?: (row: R) => readonly string[];
    volatile?: readonly (keyof R & string)[];
  } = {},
): RowKind {
  const { facets = () => ({}), words = () => [], volatile = [] } = found;
  // Objects come from the informer of `type` and rows from `toRow`, so each is of its own kind here.
  return { type, toRow, facets, words, volatile } as unknown as RowKind;
}

const kindOf = (reference: string): string => reference.slice(0, reference.indexOf('/'));

export const ROW_KINDS: Readonly<Record<RowResource, RowKind>> = {
  pods: rowKind(PODS, podRow, {
    facets: (row) => ({ word: [row.state.word], node: [row.node], owner: [row.owner], image: row.images }),
    words: (row) => [row.node, row.owner, row.ip, ...row.images, row.state.sentence ?? ''],
    volatile: ['cpu', 'memory', 'simulated'],
  }),
  deployments: rowKind(DEPLOYMENTS, deploymentRow, {
    facets: (row) => ({ image: row.images }),
    words: (row) => [...row.images, row.state.sentence ?? ''],
  }),
  replicasets: rowKind(REPLICA_SETS, replicaSetRow, {
    facets: (row) => ({ owner: [row.owner], image: row.images }),
    words: (row) => [row.owner, ...row.images, row.state.sentence ?? ''],
  }),
  nodes: rowKind(NODES, nodeRow, {
    facets: (row) => ({ version: [row.version], os: [row.os], runtime: [row.runtime] }),
    words: (row) => [row.address, row.version, row.os, row.state.sentence ?? ''],
    volatile: ['podCount', 'cpuRequested', 'memoryRequested', 'cpuUsed', 'memoryUsed', 'machine'],
  }),
  machines: rowKind(MACHINES, machineRow, {
    facets: (row) => ({ phase: [row.phase] }),
    words: (row) => [row.address, row.user, row.nodeName, row.phase, row.message],
  }),
  events: rowKind(EVENTS, eventRow, {
    facets: (row) => ({ type: [row.type], reason: [row.reason], kind: [kindOf(row.about)], source: [row.source] }),
    words: (row) => [row.reason, row.message, row.about, row.source],
  }),
  namespaces: rowKind(NAMESPACES, namespaceRow, { volatile: ['podCount'] }),
  configmaps: rowKind(CONFIG_MAPS, configMapRow, { words: (row) => row.keys }),
  secrets: rowKind(SECRETS, secretRow, {
    facets: (row) => ({ type: [row.type] }),
    words: (row) => [row.type, ...row.keys],
  }),
  serviceaccounts: rowKind(SERVICE_ACCOUNTS, serviceAccountRow, {
    words: (row) => row.keys,
  }),
};
