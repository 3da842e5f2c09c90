import { readFieldSet, type FieldSet } from './field-set.ts';
import type { ObjectMeta } from './meta.ts';

/** metav1.ManagedFieldsEntry: what one manager has set, and when. */
export type ManagedFieldsEntry = NonNullable<ObjectMeta['managedFields']>[number];

/** Texts of whole sets that are remembered: those of pods of one template are equal. */
const REMEMBERED = 2000;
let byText = new Map<string, FieldSet | undefined>();

/**
 * The value with the field sets of its managedFields shared with everybody else's. For values fresh from a parser,
 * which are changed in place; what is no set stays as it is.
 */
export function shareFieldSets<T extends { readonly metadata?: unknown }>(value: T): T {
  const { metadata } = value;
  if (typeof metadata !== 'object' || metadata === null) return value;
  const entries = (metadata as { managedFields?: unknown }).managedFields;
  if (!Array.isArray(entries)) return value;
  for (const entry of entries as unknown[]) {
    if (typeof entry !== 'object' || entry === null) continue;
    const holder = entry as { fieldsV1?: unknown };
    if (typeof holder.fieldsV1 !== 'object' || holder.fieldsV1 === null) continue;
    const shared = sharedSet(holder.fieldsV1);
    if (shared) holder.fieldsV1 = shared;
  }
  return value;
}

function sharedSet(fields: object): FieldSet | undefined {
  const text = JSON.stringify(fields);
  if (byText.has(text)) return byText.get(text);
  if (byText.size >= REMEMBERED) byText = new Map();
  let set: FieldSet | undefined;
  try {
    set = readFieldSet(fields);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  byText.set(text, set);
  return set;
}
