import { isNotFound } from '../../../shared/api/errors.ts';
import {
  DEPLOYMENTS,
  pathOf,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
  type Pod,
  type ResourceType,
  type Scale,
} from '../../../shared/api/kinds.ts';
import { controllerOf, type KubeObject, type OwnerReference } from '../../../shared/api/meta.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { Informer } from '../../../shared/client/informer.ts';
import type { SharedInformers } from '../../../shared/client/shared-informers.ts';
import { discover } from '../runtime/discovery.ts';

type Scaled = KubeObject & { spec?: { replicas?: number } };

interface ControllerScale {
  uid: string;
  replicas: number;
}

/** The sum of what the controllers of pods want, and the pods that have none. */
export interface ScaleOfPods {
  scale: number;
  unmanaged: string[];
}

const groupOf = ({ apiVersion }: OwnerReference): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';

/** Finds out how many pods controllers want: from caches for the usual ones, by `/scale` for any other kind. */
export class ScaleFinder {
  readonly #informers: ReadonlyMap<string, Informer<Scaled>>;

  constructor(
    private readonly client: ApiClient,
    informers: SharedInformers,
  ) {
    this.#informers = new Map(
      [REPLICATION_CONTROLLERS, REPLICA_SETS, STATEFUL_SETS, DEPLOYMENTS].map((type) => [
        `${type.group}/${type.kind}`,
        informers.of(type as unknown as ResourceType<Scaled>),
      ]),
    );
  }

  /** Throws when a pod's controller is not found: then nobody knows how many there should be. */
  async of(pods: readonly Pod[]): Promise<ScaleOfPods> {
    const scales = new Map<string, number>();
    const seen = new Set<string>();
    const unmanaged: string[] = [];
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (!owner) {
        unmanaged.push(pod.metadata?.name ?? '');
        continue;
      }
      if (seen.has(owner.uid)) continue;
      seen.add(owner.uid);
      const found = await this.#find(owner, pod.metadata?.namespace ?? '');
      if (!found) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata?.name ?? '')}`);
      scales.set(found.uid, found.replicas);
    }
    return { scale: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged };
  }

  async #find(owner: OwnerReference, namespace: string): Promise<ControllerScale | undefined> {
    const informer = this.#informers.get(`${groupOf(owner)}/${owner.kind}`);
    if (!informer) return this.#scaleOf(owner, namespace);
    const object = informer.get(`${namespace}/${owner.name}`);
    if (!object || object.metadata?.uid !== owner.uid) return undefined;
    // A ReplicaSet does what its Deployment wants, together with its siblings.
    const above = owner.kind === 'ReplicaSet' ? controllerOf(object) : undefined;
    const deployment = above?.kind === 'Deployment' ? await this.#find(above, namespace) : undefined;
    return deployment ?? { uid: owner.uid, replicas: object.spec?.replicas ?? 1 };
  }

  async #scaleOf(owner: OwnerReference, namespace: string): Promise<ControllerScale | undefined> {
    const { types } = await discover(this.client);
    const type = types.find(({ group, kind }) => group === groupOf(owner) && kind === owner.kind);
    if (!type) return undefined;
    try {
      const path = pathOf(type, namespace, owner.name, 'scale');
      const scale = await this.client.transport.request<Scale>({ method: 'GET', path });
      if (scale.metadata?.uid !== owner.uid) return undefined;
      return { uid: owner.uid, replicas: scale.spec?.replicas ?? 0 };
    } catch (error) {
      if (isNotFound(error))
        throw new Error(`${type.plural}.${type.group} does not implement the scale subresource`, { cause: error });
      throw error;
    }
  }
}
