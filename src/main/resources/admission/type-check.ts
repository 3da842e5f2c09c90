import type { ValidatingAdmissionPolicy } from '../../../shared/api/kinds.ts';
import type { KindCatalog } from '../catalog.ts';
import { CelError } from '../cel/cel-error.ts';
import type { CelEnvironment, Program } from '../cel/environment.ts';
import { DYN, type CelType } from '../cel/types.ts';
import type { KindDefinition } from '../definition.ts';
import type { PolicySpec } from './compiled-policy.ts';
import { admissionEnvironment, withVariables } from './environment.ts';
import { celTypeNamed } from './schema-types.ts';

export type ExpressionWarning = NonNullable<
  NonNullable<NonNullable<ValidatingAdmissionPolicy['status']>['typeChecking']>['expressionWarnings']
>[number];

/** No policy is checked against more kinds than this. */
const MOST_KINDS = 10;

/**
 * Checks the validations of a policy against the types of what it is about, where it says that without wildcards
 * (policy/validating typechecking.go). Warnings change nothing about what the policy does.
 */
export function checkTypes(spec: Partial<PolicySpec>, catalog: KindCatalog): ExpressionWarning[] {
  const environments = kindsOf(spec, catalog).map((kind) => ({
    kind,
    environment: environmentFor(spec, kind, catalog),
  }));
  const warningsOf = (expression: string): string =>
    environments
      .flatMap(({ kind, environment }) => {
        const program = environment.compile(expression);
        if (!(program instanceof CelError)) return [];
        const { group, version } = kind.type;
        const about = `${group === '' ? '' : `${group}/`}${version}, Kind=${kind.type.kind}`;
        return [`${about}: ${program.message.replace(/^compilation failed: /, '')}\n`];
      })
      .join('\n');
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, index) =>
    (
      [
        ['expression', expression],
        ['messageExpression', messageExpression ?? ''],
      ] as const
    ).flatMap(([field, text]) => {
      const warning = text === '' ? '' : warningsOf(text);
      return warning === '' ? [] : [{ fieldRef: `spec.validations[${index}].${field}`, warning }];
    }),
  );
}

/** The built-in kinds that the rules name; custom ones are not checked, and neither is anything behind a wildcard. */
function kindsOf({ matchConstraints }: Partial<PolicySpec>, catalog: KindCatalog): KindDefinition[] {
  const found = new Set<KindDefinition>();
  const isWild = (words: readonly string[] = []): boolean => words.some((word) => word.includes('*'));
  for (const rule of matchConstraints?.resourceRules ?? []) {
    if (isWild(rule.apiGroups) || isWild(rule.apiVersions)) continue;
    for (const group of rule.apiGroups ?? [])
      for (const version of rule.apiVersions ?? [])
        for (const resource of rule.resources ?? []) {
          const kind = catalog.find(group, version, resource);
          if (kind && !kind.custom) found.add(kind);
        }
  }
  const nameOf = ({ type }: KindDefinition): string => `${type.group}/${type.version}/${type.kind}`;
  return [...found].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)).slice(0, MOST_KINDS);
}

function environmentFor(spec: Partial<PolicySpec>, kind: KindDefinition, catalog: KindCatalog): CelEnvironment {
  const scope = { params: spec.paramKind !== undefined, authorizer: true };
  const base = admissionEnvironment(scope, celTypeNamed(kind.schema), paramsType(spec, catalog));
  const known = new Map<string, Program>();
  for (const { name, expression } of spec.variables ?? []) {
    const program = (known.size === 0 ? base : withVariables(base, known)).compile(expression);
    if (!(program instanceof CelError)) known.set(name, program);
  }
  return known.size === 0 ? base : withVariables(base, known);
}

function paramsType({ paramKind }: Partial<PolicySpec>, catalog: KindCatalog): CelType {
  if (!paramKind) return DYN;
  const [version = '', group = ''] = (paramKind.apiVersion ?? '').split('/').reverse();
  const kind = catalog.findByGvk(group, version, paramKind.kind ?? '');
  return kind && !kind.custom ? celTypeNamed(kind.schema) : DYN;
}
