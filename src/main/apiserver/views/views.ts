import type { ResourceType } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { Storage } from '../../store/storage.ts';
import { KindView } from './kind-view.ts';

/** The views in use, one a kind, each started when it is first asked for. */
export class Views {
  readonly #views = new Map<string, { view: KindView<KubeObject>; started: Promise<void> }>();
  #closed = false;

  constructor(
    private readonly storage: Storage,
    private readonly catalog: KindCatalog,
    private readonly log: Logger,
  ) {}

  /** The view of a kind, filled. Rejects when the store cannot be read; the next call tries again. */
  async of<T extends KubeObject>(type: ResourceType<T>): Promise<KindView<T>> {
    const name = `${type.group}/${type.version}/${type.plural}`;
    let entry = this.#views.get(name);
    if (!entry) {
      const kind = this.catalog.find(type.group, type.version, type.plural);
      if (!kind) throw new Error(`no view of ${name}: not served`);
      if (this.#closed) throw new Error('the API server is shutting down');
      const view = new KindView<KubeObject>(this.storage, kind, this.log);
      entry = { view, started: view.start() };
      this.#views.set(name, entry);
      entry.started.catch(() => this.#views.delete(name));
    }
    await entry.started;
    return entry.view as unknown as KindView<T>;
  }

  close(): void {
    this.#closed = true;
    for (const { view } of this.#views.values()) view.close();
  }
}
