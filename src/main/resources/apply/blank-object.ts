import type { JsonObject } from '../decode/json-value.ts';
import { schemaNamed } from '../schema/catalog.ts';
import { refOf, type Schema } from '../schema/schema.ts';

/**
 * Fields that Go's structs of built-in kinds always write, set or not, so that nobody comes to own the field itself by
 * creating an object: `f:spec` has no `.` in anybody's managedFields.
 */
const STRUCTS: ReadonlySet<string> = new Set([
  'metadata',
  'spec',
  'status',
  'template',
  'jobTemplate',
  'strategy',
  'updateStrategy',
  'loadBalancer',
  'nodeInfo',
  'daemonEndpoints',
  'kubeletEndpoint',
  'scaleTargetRef',
  'names',
]);
const LISTS: ReadonlySet<string> = new Set(['containers', 'subjects', 'rules', 'endpoints', 'versions']);

const blanks = new Map<string, JsonObject>();

/** An object of a schema of the catalog in which nothing is set. */
export function blankObject(schemaName: string): JsonObject {
  let blank = blanks.get(schemaName);
  if (!blank) blanks.set(schemaName, (blank = blankOf(schemaNamed(schemaName))));
  return blank;
}

function blankOf(schema: Schema): JsonObject {
  const blank: JsonObject = {};
  for (const [field, property] of Object.entries(schema.properties ?? {})) {
    const name = refOf(property);
    if (STRUCTS.has(field) && name) blank[field] = blankOf(schemaNamed(name));
    // Go writes an empty slice without `omitempty` as null.
    else if (LISTS.has(field) && schema.required?.includes(field)) blank[field] = null;
  }
  return blank;
}
