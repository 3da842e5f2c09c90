import { below, elementsOf, fieldSetOf, isMember, LEAF, type FieldSet } from '../../../shared/api/field-set.ts';

type MaybeSet = FieldSet | undefined;

/** What is in either set. */
export function union(a: MaybeSet, b: MaybeSet): MaybeSet {
  if (a === undefined || a === b) return b;
  if (b === undefined) return a;
  const children = new Map<string, FieldSet>();
  for (const element of elementsOf(a)) children.set(element, a[element] ?? LEAF);
  for (const element of elementsOf(b)) {
    const both = union(children.get(element), b[element]);
    if (both) children.set(element, both);
  }
  return fieldSetOf(children, isMember(a) || isMember(b));
}

/** What is in `a` and not in `b`. A field that goes leaves what is below it. */
export function difference(a: MaybeSet, b: MaybeSet): MaybeSet {
  if (a === undefined || a === b) return undefined;
  if (b === undefined) return a;
  const children = new Map<string, FieldSet>();
  for (const element of elementsOf(a)) {
    const rest = difference(a[element], below(b, element));
    if (rest) children.set(element, rest);
  }
  return fieldSetOf(children, isMember(a) && !isMember(b));
}

/** What is in both sets. */
export function intersection(a: MaybeSet, b: MaybeSet): MaybeSet {
  if (a === undefined || b === undefined || a === b) return a && b;
  const children = new Map<string, FieldSet>();
  for (const element of elementsOf(a)) {
    const both = intersection(a[element], below(b, element));
    if (both) children.set(element, both);
  }
  return fieldSetOf(children, isMember(a) && isMember(b));
}

/** The paths of all members, each as its elements. */
export function pathsOf(set: MaybeSet, path: readonly string[] = []): string[][] {
  if (set === undefined) return [];
  const own = isMember(set) && path.length > 0 ? [[...path]] : [];
  return [...own, ...elementsOf(set).flatMap((element) => pathsOf(set[element], [...path, element]))];
}

/** The set of one path; a member at its end only. */
export function setOfPath(elements: readonly string[]): FieldSet {
  return elements.reduceRight<FieldSet>((set, element) => fieldSetOf(new Map([[element, set]]), false) ?? LEAF, LEAF);
}

/** Whether the path is a member. */
export function hasPath(set: MaybeSet, elements: readonly string[]): boolean {
  const at = elements.reduce<MaybeSet>((inner, element) => below(inner, element), set);
  return at !== undefined && isMember(at);
}
