import type { Pod } from '../../shared/api/kinds.ts';
import { ConfigError } from '../pods/config-error.ts';
import type { ReferencedObjects } from '../pods/environment.ts';
import { tokenKey } from '../state/token-source.ts';
import { fieldValue, resourceValue, type Surroundings } from '../pods/field-ref.ts';

/** One file of a ConfigMap, Secret, downward API or projected volume. */
export interface PayloadFile {
  content: Buffer;
  mode: number;
  /** The user it shall belong to; root's when absent. */
  owner?: number;
}

export type Payload = Map<string, PayloadFile>;
type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];
type Item = { key: string; path: string; mode?: number };

/** Mode of files when the volume says none (the API's own default). */
const DEFAULT_MODE = 0o644;

/** The files of a volume whose content comes from the API; undefined for other kinds. Throws ConfigError as upstream words it. */
export function payloadOf(
  pod: Pod,
  volume: Volume,
  objects: ReferencedObjects,
  around: Surroundings,
): Payload | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return configMapFiles(configMap.name ?? '', configMap, configMap.defaultMode, objects);
  if (secret) return secretFiles(secret.secretName ?? '', secret, secret.defaultMode, objects);
  if (downwardAPI) return downwardFiles(pod, downwardAPI.items ?? [], downwardAPI.defaultMode, around);
  if (!projected) return undefined;
  const files: Payload = new Map();
  for (const source of projected.sources ?? []) {
    const mode = projected.defaultMode;
    const part = source.configMap
      ? configMapFiles(source.configMap.name ?? '', source.configMap, mode, objects)
      : source.secret
        ? secretFiles(source.secret.name ?? '', source.secret, mode, objects)
        : source.serviceAccountToken
          ? tokenFile(pod, source.serviceAccountToken, mode, objects)
          : downwardFiles(pod, source.downwardAPI?.items ?? [], mode, around);
    for (const [path, file] of part) files.set(path, file);
  }
  return files;
}

interface KeyedSource {
  items?: Item[];
  optional?: boolean;
}

function configMapFiles(
  name: string,
  source: KeyedSource,
  mode: number | undefined,
  objects: ReferencedObjects,
): Payload {
  const configMap = objects.configMaps.get(name);
  if (!configMap) return absent(source, `configmap "${name}" not found`);
  const contents = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(configMap.data ?? {})) contents.set(key, Buffer.from(text, 'utf8'));
  for (const [key, base64] of Object.entries(configMap.binaryData ?? {}))
    contents.set(key, Buffer.from(base64, 'base64'));
  return pick(contents, source, mode ?? DEFAULT_MODE, 'configmap references non-existent config key');
}

function secretFiles(name: string, source: KeyedSource, mode: number | undefined, objects: ReferencedObjects): Payload {
  const secret = objects.secrets.get(name);
  if (!secret) return absent(source, `secret "${name}" not found`);
  const contents = new Map<string, Buffer>();
  for (const [key, base64] of Object.entries(secret.data ?? {})) contents.set(key, Buffer.from(base64, 'base64'));
  return pick(contents, source, mode ?? DEFAULT_MODE, 'references non-existent secret key');
}

type TokenProjection = NonNullable<
  NonNullable<NonNullable<Volume['projected']>['sources']>[number]['serviceAccountToken']
>;

/** Others may not read it when it is known who will: the pod's one user, or its group (pkg/volume/projected). */
function tokenFile(pod: Pod, source: TokenProjection, mode: number | undefined, objects: ReferencedObjects): Payload {
  const found = objects.tokens.get(tokenKey(source)) ?? { error: 'none was asked for' };
  if ('error' in found) throw new ConfigError(`failed to fetch token: ${found.error}`);
  const owner = onlyUserOf(pod);
  const known = owner !== undefined || pod.spec?.securityContext?.fsGroup !== undefined;
  const file = { content: Buffer.from(found.token), mode: known ? 0o600 : (mode ?? DEFAULT_MODE) };
  return new Map([[source.path, owner === undefined ? file : { ...file, owner }]]);
}

/** The user all containers run as; undefined when they differ or do not say (volume/util FsUserFrom). */
function onlyUserOf({ spec }: Pod): number | undefined {
  const users = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(
    ({ securityContext }) => securityContext?.runAsUser ?? spec?.securityContext?.runAsUser,
  );
  return users.every((user) => user === users[0]) ? users[0] : undefined;
}

function absent(source: KeyedSource, message: string): Payload {
  if (source.optional) return new Map();
  throw new ConfigError(message);
}

function pick(contents: Map<string, Buffer>, source: KeyedSource, mode: number, missing: string): Payload {
  if (!source.items) return new Map([...contents].map(([key, content]) => [key, { content, mode }]));
  const files: Payload = new Map();
  for (const item of source.items) {
    const content = contents.get(item.key);
    if (content) files.set(item.path, { content, mode: item.mode ?? mode });
    else if (!source.optional) throw new ConfigError(`${missing}: ${item.key}`);
  }
  return files;
}

type DownwardItem = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];

function downwardFiles(pod: Pod, items: DownwardItem[], mode: number | undefined, around: Surroundings): Payload {
  const files: Payload = new Map();
  for (const item of items) {
    const { fieldRef, resourceFieldRef } = item;
    const container = pod.spec?.containers.find(({ name }) => name === resourceFieldRef?.containerName);
    const text = fieldRef
      ? fieldValue(pod, fieldRef.fieldPath, around)
      : resourceFieldRef && container
        ? resourceValue(container, resourceFieldRef, around)
        : '';
    files.set(item.path, { content: Buffer.from(text, 'utf8'), mode: item.mode ?? mode ?? DEFAULT_MODE });
  }
  return files;
}
