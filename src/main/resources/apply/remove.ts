import { below, elementsOf, isMember, type FieldSet } from '../../../shared/api/field-set.ts';
import { setOwn, type JsonObject } from '../decode/json-value.ts';
import { itemElement, itemsType, memberType, shapeOf, type FieldType } from './field-type.ts';
import { fieldElement } from './path-element.ts';

/**
 * The value without the members of a set (TypedValue.RemoveItems). What becomes empty by it goes too; undefined when
 * nothing is left. The argument is not changed.
 */
export function removeFields(type: FieldType, value: unknown, set: FieldSet | undefined): unknown {
  if (set === undefined || elementsOf(set).length === 0) return value;
  const shape = shapeOf(type, value);
  if (shape.kind === 'object') {
    const kept: JsonObject = {};
    for (const [name, child] of Object.entries(shape.value)) {
      const gone = below(set, fieldElement(name));
      if (gone && isMember(gone)) continue;
      const rest = removeFields(memberType(type, name), child, gone);
      if (rest !== undefined) setOwn(kept, name, rest);
    }
    return Object.keys(kept).length > 0 ? kept : undefined;
  }
  if (shape.kind !== 'items') return value;
  const kept = shape.value.flatMap((item) => {
    const element = itemElement(shape.type, item);
    const gone = element === undefined ? undefined : below(set, element);
    if (gone && isMember(gone)) return [];
    return [removeFields(itemsType(shape.type), item, gone)];
  });
  return kept.length > 0 ? kept : undefined;
}
