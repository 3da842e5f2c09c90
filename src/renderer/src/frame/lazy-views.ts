import type { Component } from 'svelte';
import type { DockContent } from './dock.svelte.ts';

type Loaded<P extends Record<string, unknown>> = () => Promise<{ default: Component<P> }>;
type Content<K extends DockContent['kind']> = Extract<DockContent, { kind: K }>;

const late = import.meta.glob<{ default: Component<Record<string, unknown>> }>([
  '../views/pods/PodPage.svelte',
  '../views/machines/AddMachine.svelte',
  '../views/machines/MachinePage.svelte',
  '../views/first-run/FirstRun.svelte',
  '../views/apply/ApplyPage.svelte',
  '../views/dock/LogsTab.svelte',
  '../views/dock/TerminalTab.svelte',
]);

function view<P extends Record<string, unknown>>(path: string): Loaded<P> {
  const load = late[`../views/${path}.svelte`];
  if (!load) return () => Promise.reject(new Error(`views/${path} is not part of this build`));
  return load as unknown as Loaded<P>;
}

/** Every page and dock tab, loaded when first shown. */
export const lazyViews = {
  overview: () => import('../views/overview/Overview.svelte'),
  machines: () => import('../views/machines/MachineList.svelte'),
  machine: view<{ name: string }>('machines/MachinePage'),
  addMachine: view<Record<string, never>>('machines/AddMachine'),
  nodes: () => import('../views/nodes/NodeList.svelte'),
  node: () => import('../views/nodes/NodePage.svelte'),
  deployments: () => import('../views/deployments/DeploymentList.svelte'),
  deployment: () => import('../views/deployments/DeploymentPage.svelte'),
  pods: () => import('../views/pods/PodList.svelte'),
  pod: view<{ namespace: string; name: string }>('pods/PodPage'),
  replicaSets: () => import('../views/replicasets/ReplicaSetList.svelte'),
  configs: () => import('../views/config/ConfigList.svelte'),
  object: () => import('../views/object/ObjectPage.svelte'),
  namespaces: () => import('../views/namespaces/NamespaceList.svelte'),
  events: () => import('../views/events/EventList.svelte'),
  problems: () => import('../views/problems/Problems.svelte'),
  firstRun: view<Record<string, never>>('first-run/FirstRun'),
  apply: view<Record<string, never>>('apply/ApplyPage'),
  logs: view<Content<'logs'> & { active: boolean }>('dock/LogsTab'),
  terminal: view<Content<'terminal'> & { active: boolean; onclose: () => void }>('dock/TerminalTab'),
  yaml: () => import('../views/dock/YamlTab.svelte'),
};
