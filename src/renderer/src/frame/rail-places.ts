import type { Place } from './routes.ts';

export interface RailEntry {
  place: Place;
  label: string;
  /** After `g`. */
  letter: string;
}

export interface RailGroup {
  /** Empty: stands by itself. */
  label: string;
  places: readonly RailEntry[];
}

/** The rail, top to bottom; also the places of the palette and the `g` keys. */
export const RAIL: readonly RailGroup[] = [
  {
    label: '',
    places: [
      { place: 'overview', label: 'Overview', letter: 'o' },
      { place: 'machines', label: 'Machines', letter: 'm' },
      { place: 'nodes', label: 'Nodes', letter: 'n' },
    ],
  },
  {
    label: 'Workloads',
    places: [
      { place: 'deployments', label: 'Deployments', letter: 'd' },
      { place: 'replicasets', label: 'ReplicaSets', letter: 'r' },
      { place: 'pods', label: 'Pods', letter: 'p' },
    ],
  },
  {
    label: 'Config',
    places: [
      { place: 'configmaps', label: 'ConfigMaps', letter: 'c' },
      { place: 'secrets', label: 'Secrets', letter: 's' },
      { place: 'serviceaccounts', label: 'ServiceAccounts', letter: 'a' },
    ],
  },
  {
    label: 'Cluster',
    places: [
      { place: 'namespaces', label: 'Namespaces', letter: 'w' },
      { place: 'events', label: 'Events', letter: 'e' },
      { place: 'problems', label: 'Problems', letter: 'x' },
    ],
  },
];

export const PLACE_LABEL: Record<Place, string> = {
  overview: 'Overview',
  machines: 'Machines',
  nodes: 'Nodes',
  deployments: 'Deployments',
  replicasets: 'ReplicaSets',
  pods: 'Pods',
  configmaps: 'ConfigMaps',
  secrets: 'Secrets',
  serviceaccounts: 'ServiceAccounts',
  namespaces: 'Namespaces',
  events: 'Events',
  problems: 'Problems',
  apply: 'Apply YAML',
  'first-run': 'Welcome',
  'add-machine': 'Add a machine',
};
