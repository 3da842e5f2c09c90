/**
 * A set of fields of an object, in the form it has in `metadata.managedFields[].fieldsV1`
 * (structured-merge-diff's fieldpath.Set): members are path elements, `f:NAME` a field, `k:{…}` an item of a keyed list,
 * `v:…` a value of a set, `i:N` an index. `.` says that the field itself is in the set, `{}` that it is and nothing below.
 * The empty set is `undefined`. Sets are frozen, and equal sets are, as a rule, one object: thousands of pods of one
 * ReplicaSet share theirs.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** A member with nothing below it. */
export const LEAF: FieldSet = Object.freeze({});

/** The element that stands for the field itself. */
export const SELF_ELEMENT = '.';

/** Sets remembered in each of two generations; what is used stays, what is not is forgotten with its generation. */
const GENERATION = 20_000;

const ids = new WeakMap<FieldSet, number>([[LEAF, 0]]);
let lastId = 0;
let young = new Map<string, FieldSet>();
let old = new Map<string, FieldSet>();

/** Looks up what equals are known by, or makes and remembers it. */
function remembered(key: string, make: () => FieldSet): FieldSet {
  let set = young.get(key);
  if (set) return set;
  set = old.get(key) ?? make();
  if (young.size >= GENERATION) {
    old = young;
    young = new Map();
  }
  young.set(key, set);
  return set;
}

function idOf(set: FieldSet): number {
  let id = ids.get(set);
  if (id === undefined) {
    lastId += 1;
    id = lastId;
    ids.set(set, id);
  }
  return id;
}

/** Whether a value is a set made here: canonical and frozen. */
export const isFieldSet = (value: object): value is FieldSet => ids.has(value as FieldSet);

/** Whether the field a set stands at is itself a member. */
export const isMember = (set: FieldSet): boolean => set === LEAF || set[SELF_ELEMENT] !== undefined;

/** The elements below, without `.`, in order. */
export function elementsOf(set: FieldSet): string[] {
  const elements = Object.keys(set);
  return elements[0] === SELF_ELEMENT ? elements.slice(1) : elements;
}

/** What a set says of one element below; undefined for nothing. */
export const below = (set: FieldSet | undefined, element: string): FieldSet | undefined =>
  set !== undefined && Object.hasOwn(set, element) ? set[element] : undefined;

/** The set of these elements, and of the field itself if `member`. Undefined when that is nothing. */
export function fieldSetOf(children: ReadonlyMap<string, FieldSet>, member: boolean): FieldSet | undefined {
  if (children.size === 0) return member ? LEAF : undefined;
  const elements = [...children.keys()];
  if (!isSorted(elements)) elements.sort();
  let key = member ? '.' : '';
  for (const element of elements) {
    const child = children.get(element) ?? LEAF;
    // The length says where the element ends, whatever it is made of.
    key += `${element.length}:${element}${idOf(child)}`;
  }
  return remembered(key, () => {
    const set: Record<string, FieldSet> = {};
    if (member) set[SELF_ELEMENT] = LEAF;
    for (const element of elements) set[element] = children.get(element) ?? LEAF;
    idOf(Object.freeze(set));
    return set;
  });
}

function isSorted(texts: readonly string[]): boolean {
  for (let index = 1; index < texts.length; index += 1)
    if ((texts[index - 1] ?? '') > (texts[index] ?? '')) return false;
  return true;
}

const ELEMENT = /^(?:f:|k:\{|v:|i:\d)/;

/** The shared set that equals this JSON value. Undefined when it is empty. Throws TypeError for what is no set. */
export function readFieldSet(value: unknown): FieldSet | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('a set is an object');
  if (isFieldSet(value)) return value === LEAF ? undefined : value;
  const set = read(value, 0);
  return set === LEAF ? undefined : set;
}

/** Deeper than any object may be nested. */
const DEEPEST = 300;

function read(value: object, depth: number): FieldSet {
  if (isFieldSet(value)) return value;
  if (depth > DEEPEST) throw new TypeError('a set is nested too deeply');
  const children = new Map<string, FieldSet>();
  let member = false;
  for (const [element, child] of Object.entries(value) as [string, unknown][]) {
    if (typeof child !== 'object' || child === null || Array.isArray(child)) throw new TypeError('a set is an object');
    if (element === SELF_ELEMENT) member = true;
    else if (ELEMENT.test(element)) children.set(element, read(child, depth + 1));
    else throw new TypeError(`${element} is no path element`);
  }
  return fieldSetOf(children, member) ?? LEAF;
}
