import { schemasJson } from '../generated/schemas.ts';
import { MACHINE_SCHEMAS } from './machine-schema.ts';
import { METRICS_SCHEMAS } from './metrics-schema.ts';
import { refOf, type Schema } from './schema.ts';

let catalog: ReadonlyMap<string, Schema> | undefined;

/** Every schema by name. The generated text is parsed on first use, so that a process that needs none does not pay. */
export function schemas(): ReadonlyMap<string, Schema> {
  catalog ??= new Map(
    Object.entries({
      ...(JSON.parse(schemasJson) as Record<string, Schema>),
      ...METRICS_SCHEMAS,
      ...MACHINE_SCHEMAS,
    }),
  );
  return catalog;
}

/** Throws for a name that no kind declares: a mistake in a declaration, not in a request. */
export function schemaNamed(name: string): Schema {
  const schema = schemas().get(name);
  if (!schema) throw new Error(`no schema ${name}; is its kind in scripts/generate-schemas.mjs?`);
  return schema;
}

/** `names` and everything they refer to, directly or not. `own` holds schemas that are in no catalog. */
export function reachableFrom(
  names: Iterable<string>,
  own: ReadonlyMap<string, Schema> = new Map(),
): Map<string, Schema> {
  const reached = new Map<string, Schema>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    const schema = own.get(name) ?? schemaNamed(name);
    reached.set(name, schema);
    follow(schema);
  };
  const follow = (schema: Schema): void => {
    const name = refOf(schema);
    if (name) visit(name);
    if (schema.items) follow(schema.items);
    if (schema.additionalProperties) follow(schema.additionalProperties);
    for (const property of Object.values(schema.properties ?? {})) follow(property);
  };
  for (const name of names) visit(name);
  return reached;
}
