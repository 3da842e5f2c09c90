import { elementsOf, fieldSetOf, isMember, LEAF, type FieldSet } from '../../../shared/api/field-set.ts';
import { isJsonObject } from '../decode/json-value.ts';
import { itemsByElement } from './compare.ts';
import { isDeclared, itemsType, memberType, shapeOf, ANY_TYPE, LEAF_TYPE, type FieldType } from './field-type.ts';
import { fieldElement } from './path-element.ts';

/**
 * The fields a configuration speaks of (TypedValue.ToFieldSet): scalars and what is atomic, entries of maps and items
 * of lists; a struct's own field only when it is empty. Undefined for none.
 */
export function setOfValue(type: FieldType, value: unknown): FieldSet | undefined {
  const shape = shapeOf(type, value);
  if (shape.kind === 'leaf') return LEAF;
  const children = new Map<string, FieldSet>();
  if (shape.kind === 'object') {
    for (const [name, child] of Object.entries(shape.value)) {
      if (child === undefined) continue;
      const set = setOfValue(memberType(type, name), child);
      const member = !isDeclared(type, name) || child === null || (isJsonObject(child) && isEmpty(child));
      const whole = member ? withSelf(set) : set;
      if (whole) children.set(fieldElement(name), whole);
    }
    return fieldSetOf(children, false);
  }
  const items = itemsByElement(shape);
  if (!items) return LEAF;
  for (const [element, same] of items)
    children.set(element, same.length > 1 ? LEAF : withSelf(setOfValue(itemsType(shape.type), same[0])));
  return fieldSetOf(children, false);
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

function withSelf(set: FieldSet | undefined): FieldSet {
  if (set === undefined || isMember(set)) return set ?? LEAF;
  return fieldSetOf(new Map(elementsOf(set).map((element) => [element, set[element] ?? LEAF])), true) ?? LEAF;
}

/**
 * The set with every declared field on the way to a member made a member itself (Set.EnsureNamedFieldsAreMembers), so
 * that a struct goes when all that was applied of it goes.
 */
export function withNamedFields(set: FieldSet | undefined, type: FieldType): FieldSet | undefined {
  if (set === undefined) return undefined;
  const children = new Map<string, FieldSet>();
  for (const element of elementsOf(set)) {
    const name = element.slice(2);
    const isField = element.startsWith('f:');
    const child = withNamedFields(set[element], typeBelow(type, isField, name)) ?? LEAF;
    children.set(element, isField && isDeclared(type, name) ? withSelf(child) : child);
  }
  return fieldSetOf(children, isMember(set));
}

function typeBelow(type: FieldType, isField: boolean, name: string): FieldType {
  if (isField) return type.kind === 'leaf' ? LEAF_TYPE : memberType(type, name);
  return type.kind === 'list' || type.kind === 'set' ? itemsType(type) : ANY_TYPE;
}
