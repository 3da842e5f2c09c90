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
import type { RowResource } from '../../../shared/view/rows.ts';

/** Where the objects behind rows live in the API. */
export const TYPE_OF: Record<RowResource, ResourceType> = {
  pods: PODS,
  deployments: DEPLOYMENTS,
  replicasets: REPLICA_SETS,
  nodes: NODES,
  machines: MACHINES,
  events: EVENTS,
  namespaces: NAMESPACES,
  configmaps: CONFIG_MAPS,
  secrets: SECRETS,
  serviceaccounts: SERVICE_ACCOUNTS,
};
