import type { ResourceType } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { Change, Informer } from '../../../shared/client/informer.ts';
import type { SharedInformers } from '../../../shared/client/shared-informers.ts';
import { discover } from '../runtime/discovery.ts';

const NAMESPACE_INDEX = 'namespace';
/** Upstream's period of discovery: a kind that is not served may be by then. */
const LOOK_AGAIN_MS = 30_000;

type KindName = Pick<ResourceType, 'group' | 'plural'>;

/** The kinds that quotas count, each followed from the moment the first quota asks for it; custom kinds as well. */
export class CountedKinds {
  readonly #informers = new Map<string, Informer<KubeObject>>();
  /** When kinds were found not to be served. */
  readonly #missing = new Map<string, number>();

  constructor(
    private readonly deps: { client: ApiClient; informers: SharedInformers; clock: { now(): number } },
    private readonly onChange: (kind: KindName, change: Change<KubeObject>) => void,
  ) {}

  /** The objects of a kind in a namespace, once they are all known; undefined for a kind that nobody serves. */
  async objectsOf(kind: KindName, namespace: string): Promise<KubeObject[] | undefined> {
    const informer = this.#informers.get(`${kind.group}/${kind.plural}`) ?? (await this.#follow(kind));
    await informer?.start();
    return informer?.byIndex(NAMESPACE_INDEX, namespace);
  }

  async #follow(kind: KindName): Promise<Informer<KubeObject> | undefined> {
    const id = `${kind.group}/${kind.plural}`;
    const now = this.deps.clock.now();
    if (now - (this.#missing.get(id) ?? -Infinity) < LOOK_AGAIN_MS) return undefined;
    const { types } = await discover(this.deps.client);
    const type = types.find(({ group, plural, namespaced }) => namespaced && `${group}/${plural}` === id);
    // Another reconcile may have been here while we asked.
    const known = this.#informers.get(id);
    if (known) return known;
    if (!type) {
      this.#missing.set(id, now);
      return undefined;
    }
    const informer = this.deps.informers.of(type);
    informer.addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata?.namespace ?? '']);
    informer.onDidChange((change) => this.onChange(kind, change));
    this.#informers.set(id, informer);
    return informer;
  }
}
