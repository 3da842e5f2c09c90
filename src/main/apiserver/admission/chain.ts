import type { KubeObject } from '../../../shared/api/meta.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import type { Annotate } from '../audit/annotate.ts';
import type { UserInfo } from '../auth/user.ts';
import { Reinvocation } from './reinvocation.ts';

/** What is about to happen: upstream's admission.Attributes. */
export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  kind: KindDefinition;
  subresource: string;
  namespace: string;
  /** Empty while a generated name has not been made. */
  name: string;
  user: UserInfo;
  dryRun: boolean;
  /** What the client said besides, as the fields of CreateOptions, UpdateOptions or DeleteOptions; without dryRun. */
  options?: Readonly<Record<string, unknown>> | undefined;
  /** Tells the client something that is no error (a Warning header). */
  warn(message: string): void;
  /** Notes something in the request's audit event. */
  annotate?: Annotate | undefined;
  /** What will be stored; a mutating plugin changes it in place. Absent for DELETE. */
  object?: KubeObject;
  /** What is stored now. Read only. Absent for CREATE. */
  old?: KubeObject;
  /** What is remembered from one mutating round to the next; the chain's own. */
  reinvocation?: Reinvocation;
}

/**
 * One rule about writes. Both phases refuse by throwing an ApiError. `mutate` runs before validation and may change
 * `request.object`; `validate` runs after it and may not.
 */
export interface AdmissionPlugin {
  readonly name: string;
  mutate?(request: AdmissionRequest): Promise<void> | void;
  validate?(request: AdmissionRequest): Promise<void> | void;
}

export class AdmissionChain {
  /** `plugins` in upstream's order. */
  constructor(private readonly plugins: readonly AdmissionPlugin[]) {}

  async mutate(request: AdmissionRequest): Promise<void> {
    const reinvocation = (request.reinvocation ??= new Reinvocation());
    for (const plugin of this.plugins) await plugin.mutate?.(request);
    if (!reinvocation.wanted) return;
    // A webhook changed the object: plugins before it get to see what it made.
    reinvocation.again = true;
    for (const plugin of this.plugins) await plugin.mutate?.(request);
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.plugins) await plugin.validate?.(request);
  }
}
