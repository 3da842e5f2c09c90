import { isConflict, isNotFound, messageOf } from '../../../shared/api/errors.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionStatus,
} from '../../../shared/api/custom-resource-definition.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, apiVersionOf } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Logger } from '../../../shared/logger.ts';
import { customKinds, storageKind } from '../../resources/custom/custom-kind.ts';
import { equalJson } from '../../resources/decode/json-value.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { CUSTOM_RESOURCE_CLEANUP } from '../../resources/kinds/custom-resource-definition.ts';
import { KINDS } from '../../resources/registry.ts';
import type { UserInfo } from '../auth/user.ts';
import type { RegistryContext } from '../registry/context.ts';
import { cloneJson } from '../registry/json-value.ts';
import { updateObject, type UpdateMode } from '../registry/update.ts';
import type { KindView } from '../views/kind-view.ts';
import { definitionStatus, isEstablished, withCondition } from './definition-status.ts';
import { deleteInstances } from './instances.ts';

const ATTEMPTS = 20;

/**
 * Serves what CustomResourceDefinitions define: decides their names, tells it in their status, puts their kinds into the
 * catalog as soon as they are established, and clears out the objects of those that are deleted.
 */
export class DefinitionController {
  readonly #stop = new AbortController();
  readonly #served = new Map<string, { crd: CustomResourceDefinition; names: unknown }>();
  readonly #cleaning = new Map<string, Promise<void>>();
  readonly #builtIn = new Set(KINDS.map(({ type }) => apiVersionOf(type)));
  #definitions: KindView<CustomResourceDefinition> | undefined;
  #unsubscribe: () => void = () => undefined;
  #dirty = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly registry: RegistryContext,
    private readonly user: UserInfo,
    private readonly log: Logger,
  ) {}

  /** Resolves when everything that is established is served. */
  async start(): Promise<void> {
    this.#definitions = await this.registry.views.of(CUSTOM_RESOURCE_DEFINITIONS);
    this.#unsubscribe = this.#definitions.onChange(() => this.#changed());
    for (const crd of this.#definitions.list()) this.#serve(crd, crd.status);
    this.#changed();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#unsubscribe();
    await this.#running;
    await Promise.all(this.#cleaning.values());
  }

  #changed(): void {
    if (this.#dirty || this.#stop.signal.aborted) return;
    this.#dirty = true;
    this.#running = this.#running.then(() => this.#reconcile());
  }

  async #reconcile(): Promise<void> {
    this.#dirty = false;
    const all = this.#definitions?.list() ?? [];
    const names = new Set(all.map(({ metadata }) => metadata?.name ?? ''));
    for (const name of this.#served.keys()) if (!names.has(name)) this.#withdraw(name);
    for (const crd of all) {
      if (this.#stop.signal.aborted) return;
      try {
        await this.#reconcileOne(crd);
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) continue;
        this.log.error({ crd: crd.metadata?.name, error: messageOf(error) }, 'custom resource definition');
      }
    }
  }

  async #reconcileOne(crd: CustomResourceDefinition): Promise<void> {
    const all = this.#definitions?.list() ?? [];
    const status = definitionStatus(crd, all, this.registry.clock.now());
    this.#serve(crd, status);
    if (!equalJson(status, crd.status))
      await this.#update(crd, 'status', (current) => {
        current.status = definitionStatus(current, all, this.registry.clock.now());
      });
    const { deletionTimestamp, finalizers = [], uid = '' } = crd.metadata ?? {};
    if (deletionTimestamp === undefined || !finalizers.includes(CUSTOM_RESOURCE_CLEANUP)) return;
    if (this.#cleaning.has(uid)) return;
    const cleaning = this.#cleanUp(crd).finally(() => this.#cleaning.delete(uid));
    this.#cleaning.set(uid, cleaning);
  }

  #serve(crd: CustomResourceDefinition, status: CustomResourceDefinitionStatus | undefined): void {
    const name = crd.metadata?.name ?? '';
    if (!isEstablished(status)) return;
    const served = this.#served.get(name);
    const names = status?.acceptedNames;
    const same =
      served &&
      served.crd.metadata?.uid === crd.metadata?.uid &&
      served.crd.metadata?.generation === crd.metadata?.generation &&
      served.crd.metadata?.deletionTimestamp === crd.metadata?.deletionTimestamp &&
      equalJson(served.names, names);
    if (same) return;
    this.#served.set(name, { crd, names });
    const kinds = customKinds({ ...crd, ...(status ? { status } : {}) });
    // A group version that the server has by itself is not a definition's to change.
    this.registry.catalog.setCustom(
      name,
      kinds.filter((kind: KindDefinition) => !this.#builtIn.has(apiVersionOf(kind.type))),
    );
  }

  #withdraw(name: string): void {
    this.#served.delete(name);
    this.registry.catalog.setCustom(name, []);
  }

  async #cleanUp(crd: CustomResourceDefinition): Promise<void> {
    const told = (reason: string, message: string, status: 'True' | 'False') => (current: CustomResourceDefinition) => {
      const conditions = current.status?.conditions ?? [];
      const condition = { type: 'Terminating', status, reason, message };
      current.status = {
        ...current.status,
        conditions: withCondition(conditions, condition, this.registry.clock.now()),
      };
    };
    try {
      await this.#update(
        crd,
        'status',
        told('InstanceDeletionInProgress', 'CustomResource deletion is in progress', 'True'),
      );
      await deleteInstances(this.registry, storageKind(crd), this.user, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      await this.#update(crd, 'status', told('InstanceDeletionCompleted', 'removed all instances', 'False'));
      await this.#update(crd, 'server', (current) => {
        const finalizers = (current.metadata?.finalizers ?? []).filter((name) => name !== CUSTOM_RESOURCE_CLEANUP);
        current.metadata = { ...current.metadata, finalizers };
      });
    } catch (error) {
      // Gone already: somebody took the finalizer off.
      if (!isNotFound(error) && !this.#stop.signal.aborted)
        this.log.error({ crd: crd.metadata?.name, error: messageOf(error) }, 'objects of a deleted definition');
    }
  }

  async #update(
    crd: CustomResourceDefinition,
    mode: UpdateMode,
    change: (current: CustomResourceDefinition) => void,
  ): Promise<void> {
    const { group, version, plural } = CUSTOM_RESOURCE_DEFINITIONS;
    const kind = this.registry.catalog.find(group, version, plural);
    if (!kind) return;
    const target = { kind, namespace: '', name: crd.metadata?.name ?? '', user: this.user };
    await updateObject(this.registry, target, {
      mode,
      subresource: mode === 'status' ? 'status' : '',
      dryRun: false,
      attempts: ATTEMPTS,
      change(old: KubeObject) {
        const current = cloneJson(old) as CustomResourceDefinition;
        change(current);
        return current;
      },
    });
  }
}
