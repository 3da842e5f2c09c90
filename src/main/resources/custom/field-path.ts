import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { propertyOf, valuesOf } from './schema-nodes.ts';

export interface FieldPathTarget {
  /** `spec.labels[app]` */
  path: string;
  schema: JsonSchema;
}

const STEP = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/;

/**
 * Where a JSON path of fields and map keys (`.spec.color`, `.spec['a.b']`) leads in a schema, or why it leads nowhere
 * (apiextensions `cel.ValidFieldPath`).
 */
export function fieldPathTarget(
  text: string,
  root: JsonSchema,
  options: { allowBrackets: boolean } = { allowBrackets: true },
): FieldPathTarget | string {
  let rest = text.trim();
  let schema = root;
  let path = '';
  while (rest !== '') {
    if (rest.startsWith('[') && !options.allowBrackets) return 'array notation is not allowed';
    const [step, name, quoted] = STEP.exec(rest) ?? [];
    if (step === undefined) return `expected [ or . but got: ${rest.slice(0, 1)}`;
    const field = name ?? (quoted ?? '').replace(/\\(.)/g, '$1');
    const values = valuesOf(schema);
    const next = schema.properties ? propertyOf(schema, field) : values;
    if (!next) return 'does not refer to a valid field';
    path = schema.properties ? (path === '' ? field : `${path}.${field}`) : `${path}[${field}]`;
    schema = next;
    rest = rest.slice(step.length);
  }
  return path === '' ? 'does not refer to a valid field' : { path, schema };
}
