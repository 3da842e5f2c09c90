import type { Taint } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, duplicatesIn, requiredOneOf } from './fields.ts';
import { labelValue, qualifiedName } from './names.ts';
import { TAINT_EFFECTS } from './scheduling.ts';

/** Taints of a node (core/validation validateNodeTaints): one effect of a key only once. */
export function validateTaints(taints: readonly Taint[], field: string): FieldError[] {
  return [
    ...taints.flatMap(({ key = '', value, effect }, index) => [
      ...complaintsAbout(`${field}[${index}].key`, key, qualifiedName(key)),
      ...complaintsAbout(`${field}[${index}].value`, value, labelValue(value ?? '')),
      ...requiredOneOf(`${field}[${index}].effect`, effect, TAINT_EFFECTS),
    ]),
    ...duplicatesIn(
      taints,
      ({ key, effect }) => `${key}:${effect}`,
      (index) => `${field}[${index}]`,
    ),
  ];
}
