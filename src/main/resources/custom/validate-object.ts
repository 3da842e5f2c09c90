import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue } from '../validation/fields.ts';
import { compileRules } from './cel-rules.ts';
import { embeddedResourceErrors } from './embedded-resources.ts';
import { evaluateRules, type RuleOutcome } from './evaluate-rules.ts';
import { listTypeErrors } from './list-types.ts';
import { validateValue } from './validate-value.ts';

/** After one of these, rules might see values that the schema says cannot be. */
const BLOCKING: ReadonlySet<FieldError['type']> = new Set(['Required', 'TooLong', 'TooMany', 'TypeInvalid']);

/** Everything a schema says of an object: types and values, list types, embedded resources, then its rules. */
export function validateCustomObject(schema: JsonSchema, object: unknown, old?: unknown): RuleOutcome {
  const errors = [
    ...validateValue(schema, object, '', old),
    ...embeddedResourceErrors(schema, object, ''),
    ...(old === undefined ? listTypeErrors(schema, object, '') : newListTypeErrors(schema, object, old)),
  ];
  const { root } = compileRules(schema);
  if (!root) return { errors, warnings: [] };
  if (errors.some(({ type }) => BLOCKING.has(type)))
    return {
      errors: [
        ...errors,
        invalidValue(
          '<nil>',
          null,
          'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
        ),
      ],
      warnings: [],
    };
  const outcome = evaluateRules(root, object, old);
  return { errors: [...errors, ...outcome.errors], warnings: outcome.warnings };
}

/** Lists that had doubles before the schema forbade them may keep them. */
function newListTypeErrors(schema: JsonSchema, object: unknown, old: unknown): FieldError[] {
  const found = listTypeErrors(schema, object, '');
  return found.length > 0 && listTypeErrors(schema, old, '').length > 0 ? [] : found;
}
