import type { ConfigMap, Secret, ServiceAccount } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import { rowBase } from './row-base.ts';
import type { ConfigRow, StateView } from './rows.ts';

const stateOf = (object: KubeObject): StateView =>
  object.metadata?.deletionTimestamp
    ? { kind: 'working', word: 'Terminating', sentence: 'Being deleted.' }
    : { kind: 'healthy', word: 'Stored' };

/** A ConfigMap as a list shows it. */
export function configMapRow(configMap: ConfigMap): ConfigRow {
  const keys = [...Object.keys(configMap.data ?? {}), ...Object.keys(configMap.binaryData ?? {})].sort();
  const type = configMap.immutable ? 'Immutable' : '';
  return { resource: 'configmaps', ...rowBase(configMap), state: stateOf(configMap), keys, type };
}

/** A Secret as a list shows it: the names of its keys, never a value. */
export function secretRow(secret: Secret): ConfigRow {
  const keys = Object.keys(secret.data ?? {}).sort();
  return { resource: 'secrets', ...rowBase(secret), state: stateOf(secret), keys, type: secret.type ?? 'Opaque' };
}

/** A ServiceAccount as a list shows it; its keys are the Secrets it names. */
export function serviceAccountRow(account: ServiceAccount): ConfigRow {
  const named = [...(account.secrets ?? []), ...(account.imagePullSecrets ?? [])];
  const keys = [...new Set(named.flatMap(({ name }) => name ?? []))];
  return { resource: 'serviceaccounts', ...rowBase(account), state: stateOf(account), keys, type: '' };
}
