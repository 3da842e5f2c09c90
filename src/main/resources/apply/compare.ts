import { fieldSetOf, LEAF, type FieldSet } from '../../../shared/api/field-set.ts';
import { equalJson } from '../decode/json-value.ts';
import { itemElement, itemsType, memberType, shapeOf, type FieldType, type Shape } from './field-type.ts';
import { fieldElement } from './path-element.ts';

/** What differs between two objects: which fields are new or other in the second, and which it no longer has. */
export interface Comparison {
  readonly changed: FieldSet | undefined;
  readonly removed: FieldSet | undefined;
}

const SAME: Comparison = { changed: undefined, removed: undefined };
const OTHER: Comparison = { changed: LEAF, removed: undefined };

/**
 * Compares two values of a type (structured-merge-diff's TypedValue.Compare). A part that one side lacks counts with
 * everything below it; `undefined` is absent, `null` is there.
 */
export function compareFields(type: FieldType, before: unknown, after: unknown): Comparison {
  if (before === after) return SAME;
  if (before === undefined) return { changed: everyField(type, after), removed: undefined };
  if (after === undefined) return { changed: undefined, removed: everyField(type, before) };
  const was = shapeOf(type, before);
  const is = shapeOf(type, after);
  if (was.kind === 'object' && is.kind === 'object') return compareObjects(type, was.value, is.value);
  if (was.kind === 'items' && is.kind === 'items') {
    const olds = itemsByElement(was);
    const news = itemsByElement(is);
    if (olds && news) return compareItems(itemsType(is.type), olds, news);
  }
  if (equalJson(before, after)) return SAME;
  if (was.kind === 'leaf' && is.kind === 'leaf') return OTHER;
  // Where `null` was, the field itself was there already.
  if (before === null) return { changed: withoutSelf(everyField(type, after)) ?? LEAF, removed: undefined };
  return { changed: everyField(type, after), removed: withoutSelf(everyField(type, before)) };
}

/** Every field of a value, the containers too. */
export function everyField(type: FieldType, value: unknown): FieldSet {
  const shape = shapeOf(type, value);
  const children = new Map<string, FieldSet>();
  if (shape.kind === 'object') {
    for (const name of Object.keys(shape.value)) {
      const child = shape.value[name];
      if (child !== undefined) children.set(fieldElement(name), everyField(memberType(type, name), child));
    }
  } else if (shape.kind === 'items') {
    for (const [element, items] of itemsByElement(shape) ?? [])
      children.set(element, items.length > 1 ? LEAF : everyField(itemsType(shape.type), items[0]));
  }
  return fieldSetOf(children, true) ?? LEAF;
}

/** The items of a list by what names them. Undefined when one has no name: the list is then seen as one value. */
export function itemsByElement(shape: Shape & { kind: 'items' }): Map<string, unknown[]> | undefined {
  const items = new Map<string, unknown[]>();
  for (const item of shape.value) {
    const element = itemElement(shape.type, item);
    if (element === undefined) return undefined;
    const same = items.get(element);
    if (same) same.push(item);
    else items.set(element, [item]);
  }
  return items;
}

class Collector {
  readonly #changed = new Map<string, FieldSet>();
  readonly #removed = new Map<string, FieldSet>();

  add(element: string, { changed, removed }: Comparison): void {
    if (changed) this.#changed.set(element, changed);
    if (removed) this.#removed.set(element, removed);
  }

  result(): Comparison {
    if (this.#changed.size === 0 && this.#removed.size === 0) return SAME;
    return { changed: fieldSetOf(this.#changed, false), removed: fieldSetOf(this.#removed, false) };
  }
}

function compareObjects(
  type: FieldType,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Comparison {
  const found = new Collector();
  for (const name of Object.keys(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    found.add(fieldElement(name), compareFields(memberType(type, name), old, after[name]));
  }
  for (const name of Object.keys(before))
    if (!Object.hasOwn(after, name))
      found.add(fieldElement(name), compareFields(memberType(type, name), before[name], undefined));
  return found.result();
}

function compareItems(type: FieldType, before: Map<string, unknown[]>, after: Map<string, unknown[]>): Comparison {
  const found = new Collector();
  for (const [element, news] of after) {
    const olds = before.get(element) ?? [];
    if (news.length > 1 || olds.length > 1) {
      if (!equalJson(olds, news)) found.add(element, OTHER);
    } else found.add(element, compareFields(type, olds[0], news[0]));
  }
  for (const [element, olds] of before)
    if (!after.has(element))
      found.add(
        element,
        olds.length > 1 ? { changed: undefined, removed: LEAF } : compareFields(type, olds[0], undefined),
      );
  return found.result();
}

function withoutSelf(set: FieldSet): FieldSet | undefined {
  const children = new Map(Object.entries(set).filter(([element]) => element !== '.'));
  return fieldSetOf(children, false);
}
