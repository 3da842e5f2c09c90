import type { ConfigMap, Container, Pod, Secret } from '../../shared/api/kinds.ts';
import type { PodTokens } from '../state/token-source.ts';
import { ConfigError } from './config-error.ts';
import { expand } from './expansion.ts';
import { fieldValue, resourceValue, type Surroundings } from './field-ref.ts';
import { allContainersOf } from './pod-containers.ts';

/** ConfigMaps and Secrets of the pod's namespace by name, absent ones are missing from the map; and the pod's tokens. */
export interface ReferencedObjects {
  configMaps: ReadonlyMap<string, ConfigMap>;
  secrets: ReadonlyMap<string, Secret>;
  tokens: PodTokens;
}

export interface EnvironmentVariable {
  name: string;
  value: string;
}

type EnvSource = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>;

/**
 * A container's environment (kubelet_pods.go makeEnvironmentVariables): `envFrom` first, then `env`, later names over
 * earlier ones, `$(NAME)` expanded with what came before. What is told of Services is overridden by all of them.
 * Throws ConfigError with upstream's words.
 */
export function environment(
  pod: Pod,
  container: Container,
  objects: ReferencedObjects,
  around: Surroundings,
  services: ReadonlyMap<string, string> = new Map(),
): EnvironmentVariable[] {
  const result = new Map(services);
  for (const source of container.envFrom ?? []) {
    for (const [key, value] of fromSource(source, objects)) {
      const name = (source.prefix ?? '') + key;
      // A name with `=` could not be told from its value.
      if (!name.includes('=')) result.set(name, value);
    }
  }
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? valueFrom(pod, container, variable.valueFrom, objects, around)
      : expand(variable.value ?? '', result);
    if (value !== undefined) result.set(variable.name, value);
  }
  return [...result].map(([name, value]) => ({ name, value }));
}

function* fromSource(
  source: NonNullable<Container['envFrom']>[number],
  objects: ReferencedObjects,
): Generator<[string, string]> {
  const { configMapRef, secretRef } = source;
  if (configMapRef) {
    const configMap = objects.configMaps.get(configMapRef.name ?? '');
    if (configMap) yield* Object.entries(configMap.data ?? {});
    else if (!configMapRef.optional) throw new ConfigError(`configmap "${configMapRef.name}" not found`);
  } else if (secretRef) {
    const secret = objects.secrets.get(secretRef.name ?? '');
    if (secret) for (const [key, value] of Object.entries(secret.data ?? {})) yield [key, decode(value)];
    else if (!secretRef.optional) throw new ConfigError(`secret "${secretRef.name}" not found`);
  }
}

/** undefined: an optional source that is not there leaves the variable out. */
function valueFrom(
  pod: Pod,
  container: Container,
  source: EnvSource,
  objects: ReferencedObjects,
  around: Surroundings,
): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath, around);
  if (resourceFieldRef) {
    const named = resourceFieldRef.containerName;
    const target = named ? allContainersOf(pod).find(({ name }) => name === named) : container;
    if (!target) throw new ConfigError(`container ${named} not found`);
    return resourceValue(target, resourceFieldRef, around);
  }
  const namespace = pod.metadata?.namespace ?? '';
  if (configMapKeyRef) {
    const configMap = objects.configMaps.get(configMapKeyRef.name ?? '');
    const value = configMap?.data?.[configMapKeyRef.key];
    if (value !== undefined || configMapKeyRef.optional) return value;
    if (!configMap) throw new ConfigError(`configmap "${configMapKeyRef.name}" not found`);
    throw new ConfigError(`couldn't find key ${configMapKeyRef.key} in ConfigMap ${namespace}/${configMapKeyRef.name}`);
  }
  if (secretKeyRef) {
    const secret = objects.secrets.get(secretKeyRef.name ?? '');
    const value = secret?.data?.[secretKeyRef.key];
    if (value !== undefined) return decode(value);
    if (secretKeyRef.optional) return undefined;
    if (!secret) throw new ConfigError(`secret "${secretKeyRef.name}" not found`);
    throw new ConfigError(`couldn't find key ${secretKeyRef.key} in Secret ${namespace}/${secretKeyRef.name}`);
  }
  return '';
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
