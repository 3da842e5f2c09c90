import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue } from '../validation/fields.ts';
import type { CompiledRule, CompiledRules, RuleNode } from './cel-rules.ts';
import { childPath, indexPath, itemsOf, keyPath, valuesOf } from './schema-nodes.ts';

/** Rules that do not compile, and rules about changes where old and new cannot be told to be the same. */
export function ruleProblems(schema: JsonSchema, { root, problems }: CompiledRules, path: string): FieldError[] {
  const paths = new Map<JsonSchema, string>();
  collectPaths(schema, path, paths);
  return [
    ...problems.map(({ schema: node, index, field, message }) => {
      const at = indexPath(childPath(paths.get(node) ?? path, 'x-kubernetes-validations'), index);
      return invalidValue(`${at}.${field}`, node['x-kubernetes-validations']?.[index], message);
    }),
    ...(root ? transitionErrors(root, undefined, paths) : []),
  ];
}

function collectPaths(schema: JsonSchema, path: string, paths: Map<JsonSchema, string>): void {
  paths.set(schema, path);
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  if (items) collectPaths(items, childPath(path, 'items'), paths);
  if (values) collectPaths(values, childPath(path, 'additionalProperties'), paths);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    collectPaths(property, keyPath(childPath(path, 'properties'), name), paths);
}

function transitionErrors(
  node: RuleNode,
  uncorrelatable: string | undefined,
  paths: ReadonlyMap<JsonSchema, string>,
): FieldError[] {
  const path = paths.get(node.schema) ?? '';
  const within = (lost: boolean): string | undefined => uncorrelatable ?? (lost ? path : undefined);
  const listLost = node.schema['x-kubernetes-list-type'] !== 'map';
  const mapLost = node.schema['x-kubernetes-map-type'] === 'atomic';
  const all = node.schema['x-kubernetes-validations'] ?? [];
  return [
    ...node.rules.flatMap((rule) => errorsOfRule(rule, all.indexOf(rule.rule), path, uncorrelatable)),
    ...(node.items ? transitionErrors(node.items, within(listLost), paths) : []),
    ...(node.values ? transitionErrors(node.values, within(false), paths) : []),
    ...[...node.properties.values()].flatMap((child) => transitionErrors(child, within(mapLost), paths)),
  ];
}

function errorsOfRule(
  { rule, usesOldSelf }: CompiledRule,
  index: number,
  path: string,
  uncorrelatable: string | undefined,
): FieldError[] {
  const at = indexPath(childPath(path, 'x-kubernetes-validations'), index);
  if (usesOldSelf && uncorrelatable !== undefined)
    return [
      invalidValue(
        `${at}.rule`,
        rule.rule,
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
      ),
    ];
  if (!usesOldSelf && rule.optionalOldSelf !== undefined)
    return [
      invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'),
    ];
  return [];
}
