import { below, elementsOf, fieldSetOf, isMember, LEAF, type FieldSet } from '../../../shared/api/field-set.ts';

type MaybeSet = FieldSet | undefined;

/** What is in either set; `a` itself when that has it all. */
export function union(a: MaybeSet, b: MaybeSet): MaybeSet {
  if (a === undefined || a === b) return b;
  if (b === undefined) return a;
  const member = isMember(a) || isMember(b);
  const added = new Map<string, FieldSet>();
  for (const element of elementsOf(b)) {
    const own = below(a, element);
    const both = union(own, b[element]);
    if (both && both !== own) added.set(element, both);
  }
  if (added.size === 0 && member === isMember(a)) return a;
  const children = new Map(added);
  for (const element of elementsOf(a)) if (!added.has(element)) children.set(element, a[element] ?? LEAF);
  return fieldSetOf(children, member);
}

/** What is in `a` and not in `b`; a field that goes leaves what is below it. `a` itself when nothing goes. */
export function difference(a: MaybeSet, b: MaybeSet): MaybeSet {
  if (a === undefined || a === b) return undefined;
  if (b === undefined) return a;
  const member = isMember(a) && !isMember(b);
  const less = new Map<string, MaybeSet>();
  for (const element of elementsOf(b)) {
    const own = below(a, element);
    if (own === undefined) continue;
    const rest = difference(own, b[element]);
    if (rest !== own) less.set(element, rest);
  }
  if (less.size === 0 && member === isMember(a)) return a;
  const children = new Map<string, FieldSet>();
  for (const element of elementsOf(a)) {
    const rest = less.has(element) ? less.get(element) : a[element];
    if (rest) children.set(element, rest);
  }
  return fieldSetOf(children, member);
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
