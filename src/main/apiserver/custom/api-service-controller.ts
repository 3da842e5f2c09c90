import { isAlreadyExists, isConflict, isNotFound, messageOf } from '../../../shared/api/errors.ts';
import { API_SERVICES, apiVersionOf, type APIService } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Logger } from '../../../shared/logger.ts';
import { equalJson } from '../../resources/decode/json-value.ts';
import { KINDS } from '../../resources/registry.ts';
import type { UserInfo } from '../auth/user.ts';
import type { RegistryContext } from '../registry/context.ts';
import { createObject } from '../registry/create.ts';
import { deleteObject } from '../registry/delete.ts';
import { cloneJson } from '../registry/json-value.ts';
import { updateObject } from '../registry/update.ts';
import type { KindView } from '../views/kind-view.ts';
import { availableCondition, planApiServices } from './api-services.ts';

const ATTEMPTS = 20;

/**
 * Keeps an APIService for every group version that is served, and tells of those that name another server that they are
 * not available: requests are not passed on. (Upstream: the autoregister and available controllers of the aggregator.)
 */
export class ApiServiceController {
  #services: KindView<APIService> | undefined;
  #unsubscribe: (() => void)[] = [];
  #dirty = false;
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly registry: RegistryContext,
    private readonly user: UserInfo,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    this.#services = await this.registry.views.of(API_SERVICES);
    this.#unsubscribe = [
      this.#services.onChange(() => this.#changed()),
      this.registry.catalog.onChange(() => this.#changed()),
    ];
    this.#changed();
    await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#running;
  }

  #changed(): void {
    if (this.#dirty || this.#closed) return;
    this.#dirty = true;
    this.#running = this.#running.then(() => this.#reconcile());
  }

  async #reconcile(): Promise<void> {
    this.#dirty = false;
    const { catalog } = this.registry;
    const services = this.#services?.list() ?? [];
    const builtIn = new Set(KINDS.map(({ type }) => apiVersionOf(type)));
    const plan = planApiServices(
      catalog
        .kinds()
        .map(({ type }) => ({ group: type.group, version: type.version, builtIn: builtIn.has(apiVersionOf(type)) })),
      services,
    );
    if (!equalJson(plan.unavailable, catalog.unavailable)) catalog.setUnavailable(plan.unavailable);
    // At the first start there are dozens: together they are one write to disk.
    await Promise.all([
      ...plan.create.map((service) => this.#try(() => this.#create(service))),
      ...plan.remove.map((name) => this.#try(() => this.#remove(name))),
    ]);
    await Promise.all(
      (this.#services?.list() ?? []).map((service) => this.#try(() => this.#tell(service, plan.served))),
    );
  }

  async #try(write: () => Promise<void>): Promise<void> {
    if (this.#closed) return;
    try {
      await write();
    } catch (error) {
      if (isAlreadyExists(error) || isNotFound(error) || isConflict(error)) return;
      this.log.error({ error: messageOf(error) }, 'API service');
    }
  }

  #target(name: string) {
    const { group, version, plural } = API_SERVICES;
    const kind = this.registry.catalog.find(group, version, plural);
    if (!kind) throw new Error('APIServices are not served');
    return { kind, namespace: '', name, user: this.user };
  }

  async #create(service: APIService): Promise<void> {
    await createObject(this.registry, this.#target(service.metadata?.name ?? ''), service as KubeObject, {
      dryRun: false,
    });
  }

  async #remove(name: string): Promise<void> {
    await deleteObject(this.registry, this.#target(name), { dryRun: false, preconditions: {} });
  }

  async #tell(service: APIService, served: ReadonlySet<string>): Promise<void> {
    const now = this.registry.clock.now();
    if (availableCondition(service, served, now) === undefined) return;
    await updateObject(this.registry, this.#target(service.metadata?.name ?? ''), {
      mode: 'status',
      subresource: 'status',
      dryRun: false,
      attempts: ATTEMPTS,
      change(old) {
        const current = cloneJson(old) as APIService;
        const condition = availableCondition(current, served, now);
        if (condition) current.status = { ...current.status, conditions: [condition] };
        return current as KubeObject;
      },
    });
  }
}
