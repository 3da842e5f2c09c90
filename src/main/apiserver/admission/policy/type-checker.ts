import { isConflict, isNotFound, messageOf } from '../../../../shared/api/errors.ts';
import { VALIDATING_ADMISSION_POLICIES, type ValidatingAdmissionPolicy } from '../../../../shared/api/kinds.ts';
import type { Logger } from '../../../../shared/logger.ts';
import { checkTypes } from '../../../resources/admission/type-check.ts';
import type { UserInfo } from '../../auth/user.ts';
import type { RegistryContext } from '../../registry/context.ts';
import { cloneJson } from '../../registry/json-value.ts';
import { updateObject } from '../../registry/update.ts';

const ATTEMPTS = 5;

/**
 * Upstream's validatingadmissionpolicy-status controller: checks each generation of a policy against the types of what
 * it is about, and writes what it found into status. It lives in the server because the types do.
 */
export class PolicyTypeChecker {
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly registry: RegistryContext,
    private readonly self: UserInfo,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    const view = await this.registry.views.of(VALIDATING_ADMISSION_POLICIES);
    this.#unsubscribe = view.onChange(() => this.#wake());
    this.#wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe?.();
    await this.#running;
  }

  /** One round at a time; a change during one makes another. */
  #wake(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    // A policy that is written in this turn of the event loop is looked at in the next: its write is answered first.
    await Promise.resolve();
    while (this.#again && !this.#closed) {
      this.#again = false;
      const view = await this.registry.views.of(VALIDATING_ADMISSION_POLICIES);
      for (const policy of view.list()) if (!this.#closed && isUnchecked(policy)) await this.#check(policy);
    }
  }

  async #check(policy: ValidatingAdmissionPolicy): Promise<void> {
    const { group, version, plural } = VALIDATING_ADMISSION_POLICIES;
    const kind = this.registry.catalog.find(group, version, plural);
    const name = policy.metadata?.name ?? '';
    if (!kind) return;
    try {
      const expressionWarnings = checkTypes(policy.spec ?? {}, this.registry.catalog);
      await updateObject(
        this.registry,
        { kind, namespace: '', name, user: this.self },
        {
          mode: 'status',
          subresource: 'status',
          dryRun: false,
          attempts: ATTEMPTS,
          change: (old) => ({
            ...cloneJson(old),
            status: {
              ...(old as ValidatingAdmissionPolicy).status,
              observedGeneration: policy.metadata?.generation ?? 0,
              typeChecking: expressionWarnings.length > 0 ? { expressionWarnings } : {},
            },
          }),
        },
      );
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error))
        this.log.warn({ policy: name, error: messageOf(error) }, 'an admission policy could not be checked');
    }
  }
}

const isUnchecked = ({ metadata, status }: ValidatingAdmissionPolicy): boolean =>
  status?.observedGeneration !== metadata?.generation;
