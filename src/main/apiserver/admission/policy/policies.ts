import {
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from '../../../../shared/api/kinds.ts';
import { compilePolicy, type CompiledPolicy, type PolicySpec } from '../../../resources/admission/compiled-policy.ts';
import type { Views } from '../../views/views.ts';

/** A policy with everything that binds it; compiled. */
export interface BoundPolicy {
  name: string;
  spec: Partial<PolicySpec>;
  compiled: CompiledPolicy;
  bindings: readonly ValidatingAdmissionPolicyBinding[];
}

/** Policies that anything binds, by name; derived again when a policy or a binding has changed. */
export class Policies {
  #known: { policies: number; bindings: number; bound: readonly BoundPolicy[] } | undefined;
  /** Compiling takes milliseconds, and a policy outlives many changes of others. */
  readonly #compiled = new WeakMap<ValidatingAdmissionPolicy, CompiledPolicy>();

  constructor(private readonly views: Views) {}

  async all(): Promise<readonly BoundPolicy[]> {
    const policies = await this.views.of(VALIDATING_ADMISSION_POLICIES);
    const bindings = await this.views.of(VALIDATING_ADMISSION_POLICY_BINDINGS);
    if (this.#known?.policies !== policies.generation || this.#known.bindings !== bindings.generation)
      this.#known = {
        policies: policies.generation,
        bindings: bindings.generation,
        bound: this.#join(policies.list(), bindings.list()),
      };
    return this.#known.bound;
  }

  #join(
    policies: readonly ValidatingAdmissionPolicy[],
    bindings: readonly ValidatingAdmissionPolicyBinding[],
  ): BoundPolicy[] {
    const byPolicy = new Map<string, ValidatingAdmissionPolicyBinding[]>();
    for (const binding of [...bindings].sort(byName)) {
      const policyName = binding.spec?.policyName ?? '';
      byPolicy.set(policyName, [...(byPolicy.get(policyName) ?? []), binding]);
    }
    return policies
      .flatMap((policy) => {
        const name = policy.metadata?.name ?? '';
        const bound = byPolicy.get(name);
        return bound ? [{ name, spec: policy.spec ?? {}, compiled: this.#compile(policy), bindings: bound }] : [];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #compile(policy: ValidatingAdmissionPolicy): CompiledPolicy {
    let compiled = this.#compiled.get(policy);
    if (!compiled) this.#compiled.set(policy, (compiled = compilePolicy(policy.spec ?? {})));
    return compiled;
  }
}

const byName = (a: ValidatingAdmissionPolicyBinding, b: ValidatingAdmissionPolicyBinding): number =>
  (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1;
