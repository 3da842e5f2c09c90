import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isApiError, isNotFound } from '../../shared/api/errors.ts';
import {
  CONFIG_MAPS,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  SECRETS,
  SERVICE_ACCOUNTS,
  type ConfigMap,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type ResourceType,
  type Secret,
  type ServiceAccount,
} from '../../shared/api/kinds.ts';
import type { KubeObject } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { ReferencedObjects } from '../pods/environment.ts';
import { referencesOf } from '../pods/references.ts';
import { claimNameOf } from '../volumes/claimed-volume.ts';
import { readJson, writeAtomic } from './atomic-file.ts';
import type { TokenSource } from './token-source.ts';

/**
 * ConfigMaps, Secrets, ServiceAccounts and tokens as pods need them: from the API, and from the copy on disk while the API
 * cannot be reached. An object the API says is gone is gone.
 */
export class ObjectSource {
  readonly #inFlight = new Map<string, Promise<KubeObject | undefined>>();

  constructor(
    private readonly client: ApiClient,
    private readonly directory: string,
    private readonly tokens: Pick<TokenSource, 'tokensOf' | 'prune'>,
  ) {}

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#get(CONFIG_MAPS, namespace, name);
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#get(SECRETS, namespace, name);
  }

  serviceAccount(namespace: string, name: string): Promise<ServiceAccount | undefined> {
    return this.#get(SERVICE_ACCOUNTS, namespace, name);
  }

  claim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
    return this.#get(PERSISTENT_VOLUME_CLAIMS, namespace, name);
  }

  persistentVolume(name: string): Promise<PersistentVolume | undefined> {
    return this.#get(PERSISTENT_VOLUMES, '', name);
  }

  /** All that a pod's containers and volumes refer to. */
  async referenced(pod: Pod): Promise<ReferencedObjects> {
    const namespace = pod.metadata?.namespace ?? 'default';
    const names = referencesOf(pod);
    const [configMaps, secrets, tokens] = await Promise.all([
      collect(names.configMaps, (name) => this.configMap(namespace, name)),
      collect(names.secrets, (name) => this.secret(namespace, name)),
      this.tokens.tokensOf(pod),
    ]);
    return { configMaps, secrets, tokens };
  }

  /**
   * The pull secrets of a pod and of its service account, and the names of those that cannot be had: a pull is tried
   * with what there is (kubelet_pods.go getPullSecretsForPod).
   */
  async pullSecrets(pod: Pod): Promise<{ secrets: Secret[]; missing: string[] }> {
    const namespace = pod.metadata?.namespace ?? 'default';
    const own = pod.spec?.imagePullSecrets ?? [];
    const account = await ifPossible(() => this.serviceAccount(namespace, pod.spec?.serviceAccountName ?? 'default'));
    const names = new Set([...own, ...(account?.imagePullSecrets ?? [])].flatMap(({ name }) => name ?? []));
    const found = await collect(names, (name) => ifPossible(() => this.secret(namespace, name)));
    return { secrets: [...found.values()], missing: [...names].filter((name) => !found.has(name)) };
  }

  /** Forgets the copies that none of these pods refers to. */
  async prune(pods: readonly Pod[]): Promise<void> {
    await this.tokens.prune(pods);
    const keep = new Set<string>();
    for (const pod of pods) {
      const namespace = pod.metadata?.namespace ?? 'default';
      const names = referencesOf(pod);
      for (const name of names.configMaps) keep.add(fileName(CONFIG_MAPS, namespace, name));
      // A service account's pull secrets are only known with it: secrets of a namespace in use stay.
      for (const name of names.secrets) keep.add(fileName(SECRETS, namespace, name));
      keep.add(fileName(SERVICE_ACCOUNTS, namespace, pod.spec?.serviceAccountName ?? 'default'));
      for (const file of await this.#claimFiles(pod)) keep.add(file);
    }
    const files = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    await Promise.all(
      files.filter((file) => !keep.has(file)).map((file) => rm(join(this.directory, file), { force: true })),
    );
  }

  /** The copies of a pod's claims, and of the volumes that these are bound to. */
  async #claimFiles(pod: Pod): Promise<string[]> {
    const files: string[] = [];
    for (const volume of pod.spec?.volumes ?? []) {
      const name = claimNameOf(pod, volume);
      if (name === undefined) continue;
      const file = fileName(PERSISTENT_VOLUME_CLAIMS, pod.metadata?.namespace ?? 'default', name);
      const claim = (await readJson(join(this.directory, file))) as PersistentVolumeClaim | undefined;
      files.push(file, fileName(PERSISTENT_VOLUMES, '', claim?.spec?.volumeName ?? ''));
    }
    return files;
  }

  #get<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): Promise<T | undefined> {
    const file = join(this.directory, fileName(type, namespace, name));
    const pending = this.#inFlight.get(file) as Promise<T | undefined> | undefined;
    if (pending) return pending;
    const fetched = this.#fetch(type, namespace, name, file).finally(() => this.#inFlight.delete(file));
    this.#inFlight.set(file, fetched);
    return fetched;
  }

  async #fetch<T extends KubeObject>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
    file: string,
  ): Promise<T | undefined> {
    try {
      const object = await this.client.get(type, name, namespace);
      await writeAtomic(file, JSON.stringify(object));
      return object;
    } catch (error) {
      if (isNotFound(error)) {
        await rm(file, { force: true });
        return undefined;
      }
      // The server answered, and not well: that is not the time to trust an old copy silently, unless it is only busy.
      if (isApiError(error) && error.code < 500 && error.code !== 429) throw error;
      const copy = await readJson(file);
      if (copy === undefined) throw error;
      return copy as T;
    }
  }
}

/** What is refused, or cannot be had now, counts as not there: a pull may well succeed without. */
async function ifPossible<T>(get: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await get();
  } catch {
    return undefined;
  }
}

const fileName = (type: ResourceType, namespace: string, name: string): string =>
  `${type.plural}_${namespace}_${name}.json`;

async function collect<T>(names: Set<string>, get: (name: string) => Promise<T | undefined>): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  await Promise.all(
    [...names].map(async (name) => {
      const object = await get(name);
      if (object) found.set(name, object);
    }),
  );
  return found;
}
