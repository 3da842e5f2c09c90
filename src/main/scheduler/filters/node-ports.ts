import type { FilterPlugin, Rejection } from '../framework/plugin.ts';

const REJECTION: Rejection = {
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  unresolvable: false,
};

/** Two pods cannot have the same port of one node. */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  retryOn: ['NodeAdded', 'PodRemoved'],
  prepare: ({ hostPorts }) =>
    hostPorts.length === 0
      ? undefined
      : { filter: (node) => (hostPorts.some((port) => node.usesPort(port)) ? REJECTION : undefined) },
};
