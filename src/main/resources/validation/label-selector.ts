import type { LabelSelector } from '../../../shared/api/selector.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, forbiddenField, invalidValue, required } from './fields.ts';
import { validateLabels } from './metadata.ts';
import { labelValue, qualifiedName } from './names.ts';

/** `metav1.LabelSelector` (apimachinery ValidateLabelSelector). */
export function validateLabelSelector(selector: LabelSelector, field: string): FieldError[] {
  return [
    ...validateLabels(`${field}.matchLabels`, selector.matchLabels),
    ...(selector.matchExpressions ?? []).flatMap((expression, index) => {
      const at = `${field}.matchExpressions[${index}]`;
      const { operator, values = [], key = '' } = expression;
      const errors: FieldError[] = [];
      if (operator === 'In' || operator === 'NotIn') {
        if (values.length === 0) {
          errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        }
      } else if (operator === 'Exists' || operator === 'DoesNotExist') {
        if (values.length > 0) {
          errors.push(
            forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          );
        }
      } else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
      return [
        ...errors,
        ...complaintsAbout(`${at}.key`, key, qualifiedName(key)),
        ...values.flatMap((value, at2) => complaintsAbout(`${at}.values[${at2}]`, value, labelValue(value))),
      ];
    }),
  ];
}

/** Whether a selector says nothing at all, and so would select everything. */
export const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
