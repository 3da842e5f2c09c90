import type { ValidationRule } from '../../../shared/api/custom-resource-definition.ts';
import { CelError } from '../cel/cel-error.ts';
import { Meter, TOTAL_BUDGET } from '../cel/meter.ts';
import { equalJson, getOwn, isJsonObject } from '../decode/json-value.ts';
import { messageOfFieldError, type FieldError } from '../validation/field-error.ts';
import { duplicate, forbiddenField, invalidValue, required } from '../validation/fields.ts';
import type { CompiledRule, RuleNode } from './cel-rules.ts';
import { childPath, indexPath, keyPath } from './schema-nodes.ts';
import { itemsBefore } from './validate-value.ts';

/** The most bytes of a message that an expression makes (apiserver `MaxEvaluatedMessageExpressionSizeBytes`). */
const MAX_MESSAGE = 5 * 1024;

export interface RuleOutcome {
  errors: FieldError[];
  /** Failed rules about what did not change: told, but not held against the writer. */
  warnings: string[];
}

interface Run extends RuleOutcome {
  budget: number;
}

/** A place in the new object and, where there is one, in the old. */
interface Place {
  path: string;
  value: unknown;
  old: unknown;
  /** Nothing from the nearest place that can be found in the old object down has changed. */
  unchanged: boolean;
}

/**
 * Evaluates the rules of a schema on an object (apiextensions `cel.Validator`). Rules that fail on parts that are as they
 * were become warnings. All rules together have one budget; when it is used up, the object is refused.
 */
export function evaluateRules(root: RuleNode | undefined, value: unknown, old?: unknown): RuleOutcome {
  const run: Run = { errors: [], warnings: [], budget: TOTAL_BUDGET };
  if (root) visit(root, { path: '', value, old, unchanged: old !== undefined && equalJson(value, old) }, run);
  return { errors: run.errors, warnings: run.warnings };
}

function visit(node: RuleNode, place: Place, run: Run): void {
  if (place.value === null || place.value === undefined || run.budget < 0) return;
  for (const rule of node.rules) evaluateRule(rule, node, place, run);
  const { value, old, path } = place;
  const into = (child: RuleNode, childValue: unknown, childPathText: string, childOld: unknown): void =>
    visit(
      child,
      {
        path: childPathText,
        value: childValue,
        old: childOld,
        unchanged: place.unchanged || (childOld !== undefined && equalJson(childValue, childOld)),
      },
      run,
    );
  if (Array.isArray(value)) {
    const { items } = node;
    const before = itemsBefore(node.schema, old);
    if (items) value.forEach((item: unknown, index) => into(items, item, indexPath(path, index), before(item)));
  } else if (isJsonObject(value)) {
    const atomic = node.schema['x-kubernetes-map-type'] === 'atomic';
    for (const [name, member] of Object.entries(value)) {
      const property = node.properties.get(name);
      const was = isJsonObject(old) && !atomic ? getOwn(old, name) : undefined;
      if (property) into(property, member, childPath(path, name), was);
      else if (node.values) into(node.values, member, keyPath(path, name), was);
    }
  }
}

function evaluateRule(compiled: CompiledRule, { schema }: RuleNode, place: Place, run: Run): void {
  const { rule, program, usesOldSelf } = compiled;
  if (run.budget < 0 || (usesOldSelf && place.old === undefined && !rule.optionalOldSelf)) return;
  const shown = schema.type ?? '';
  const values = {
    self: place.value,
    ...(place.old === undefined || place.old === null ? {} : { oldSelf: place.old }),
  };
  const meter = new Meter();
  const result = program.evaluate(values, meter);
  run.budget -= meter.used;
  const text = ruleText(rule);
  if (run.budget < 0 && !meter.exceeded) {
    run.errors.push(invalidValue(place.path, shown, OUT_OF_BUDGET));
  } else if (result instanceof CelError) {
    run.errors.push(invalidValue(place.path, shown, failure(result, text)));
    if (result.type === 'cost') run.budget = -1;
  } else if (result !== true) {
    const path = rule.fieldPath ? childPath(place.path, normalizedPath(rule.fieldPath)) : place.path;
    const error = errorOf(rule, path, shown, messageOf(compiled, values, run) ?? defaultMessage(rule));
    if (!usesOldSelf && place.unchanged) run.warnings.push(`${path}: ${messageOfFieldError(error)}`);
    else run.errors.push(error);
  }
}

const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

function failure(error: CelError, rule: string): string {
  if (error.type === 'cost')
    return `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${rule}`;
  if (error.message.startsWith('no such overload'))
    return `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${rule}`;
  return `${error.message} evaluating rule: ${rule}`;
}

const defaultMessage = (rule: ValidationRule): string =>
  rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`;

const ruleText = ({ message = '', rule = '' }: ValidationRule): string => message.trim() || rule.trim();

/** What the message expression says; undefined when it fails, and the plain message is shown instead. */
function messageOf({ message }: CompiledRule, values: Readonly<Record<string, unknown>>, run: Run): string | undefined {
  if (!message) return undefined;
  const meter = new Meter();
  const result = message.evaluate(values, meter);
  run.budget -= meter.used;
  if (typeof result !== 'string') return undefined;
  const text = result.trim();
  return text === '' || text.includes('\n') || Buffer.byteLength(text) > MAX_MESSAGE ? undefined : text;
}

/** `.spec.a['b']` as a field path is written: `spec.a[b]`. */
const normalizedPath = (path: string): string => path.replace(/^\./, '').replace(/\['((?:[^'\\]|\\.)*)'\]/g, '[$1]');

function errorOf({ reason }: ValidationRule, path: string, shown: string, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(path, detail);
    case 'FieldValueRequired':
      return required(path, detail);
    case 'FieldValueDuplicate':
      return duplicate(path, shown);
    default:
      return invalidValue(path, shown, detail);
  }
}
