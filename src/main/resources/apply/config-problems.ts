import { isJsonObject } from '../decode/json-value.ts';
import { itemElement, memberType, type FieldType } from './field-type.ts';
import { fieldElement, printPath } from './path-element.ts';

/**
 * Why a configuration cannot be applied, in structured-merge-diff's words: fields the schema does not have, items that
 * are named twice or not at all, lists and objects that are something else. Wrong scalars are the decoder's business.
 */
export function configProblems(type: FieldType, config: unknown, path: readonly string[] = []): string[] {
  if (config === null || config === undefined || type.kind === 'leaf' || type.kind === 'any') return [];
  if (type.kind === 'list' || type.kind === 'set') {
    if (!Array.isArray(config)) return [`${printPath(path)}: expected list, got ${printed(config)}`];
    return listProblems(type, config, path);
  }
  if (!isJsonObject(config)) return [`${printPath(path)}: expected map, got ${printed(config)}`];
  return Object.entries(config).flatMap(([name, value]) => {
    const at = [...path, fieldElement(name)];
    if (type.kind === 'struct' && !type.field(name) && !type.rest)
      return [`${printPath(at)}: field not declared in schema`];
    return configProblems(memberType(type, name), value, at);
  });
}

function listProblems(
  type: FieldType & { kind: 'list' | 'set' },
  items: readonly unknown[],
  path: readonly string[],
): string[] {
  const where = printPath(path);
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const element = itemElement(type, item);
    if (element === undefined) return [`${where}: element ${index}: ${whyUnnamed(type, item)}`];
    if (seen.has(element)) return [`${where}: duplicate entries for key ${printPath([element])}`];
    seen.add(element);
    return type.kind === 'list' ? configProblems(type.items, item, [...path, element]) : [];
  });
}

function whyUnnamed(type: FieldType & { kind: 'list' | 'set' }, item: unknown): string {
  if (type.kind === 'set') return "associative list without keys has an element that's a map type";
  if (!isJsonObject(item)) return 'associative list with keys may not have non-map elements';
  const missing = type.keys.find(({ name, default: fallback }) => item[name] === undefined && fallback === undefined);
  if (!missing) return 'associative list with keys has an element whose key is not a scalar';
  return `associative list with keys has an element that omits key field ${JSON.stringify(missing.name)} (and doesn't have default value)`;
}

/** A value as Go's %v shows it. */
const printed = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
