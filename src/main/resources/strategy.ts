import type { KubeObject } from '../../shared/api/meta.ts';
import { equalJson } from './decode/json-value.ts';

/** When `metadata.generation` moves: the same for every kind that has one. */

/** A new object starts at generation 1. */
export function startGeneration(object: KubeObject): void {
  object.metadata ??= {};
  object.metadata.generation = 1;
}

/** One more than the stored object's when the spec is another; status and metadata never move it. */
export function bumpGeneration(object: KubeObject & { spec?: unknown }, old: KubeObject & { spec?: unknown }): void {
  bumpGenerationIf(!equalJson(object.spec, old.spec), object, old);
}

/** The same for kinds whose desired state is not called `spec`. */
export function bumpGenerationIf(changed: boolean, object: KubeObject, old: KubeObject): void {
  const before = old.metadata?.generation ?? 0;
  object.metadata ??= {};
  object.metadata.generation = changed ? before + 1 : before;
}
