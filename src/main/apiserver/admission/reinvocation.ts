import type { KubeObject } from '../../../shared/api/meta.ts';
import { cloneJson, equalJson } from '../registry/json-value.ts';

/**
 * What one admission remembers of the webhooks it asked, to ask some of them again after a change (webhook/mutating
 * reinvocationcontext.go). One for each write.
 */
export class Reinvocation {
  /** Whether this is the second time round. */
  again = false;
  /** Whether a webhook has changed the object, so that there must be a second time. */
  wanted = false;
  readonly #asked = new Set<string>();
  readonly #eligible = new Set<string>();
  #output: KubeObject | undefined;

  /** Second time round: when other plugins have changed the object since, every webhook that wants to sees it. */
  beforeWebhooks(object: KubeObject | undefined): void {
    if (this.again && !equalJson(object, this.#output)) this.#allEligible();
  }

  isEligible(uid: string): boolean {
    return this.#eligible.has(uid);
  }

  invoked(uid: string, wantsAgain: boolean, changed: boolean): void {
    if (changed) {
      this.#allEligible();
      this.wanted = true;
    }
    if (wantsAgain) this.#asked.add(uid);
  }

  afterWebhooks(object: KubeObject | undefined): void {
    if (!this.again && this.wanted) this.#output = cloneJson(object);
  }

  #allEligible(): void {
    for (const uid of this.#asked) this.#eligible.add(uid);
    this.#asked.clear();
  }
}
