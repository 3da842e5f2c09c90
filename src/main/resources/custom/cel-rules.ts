import type { JsonSchema, ValidationRule } from '../../../shared/api/custom-resource-definition.ts';
import { CelError } from '../cel/cel-error.ts';
import { CelEnvironment, type Program } from '../cel/environment.ts';
import type { CelType } from '../cel/types.ts';
import { CelTypes } from './cel-types.ts';
import { itemsOf, valuesOf } from './schema-nodes.ts';

/** A rule of one schema node, ready to be evaluated. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program;
  readonly message: Program | undefined;
  /** A transition rule: it is about a change, and needs an old value unless that is optional. */
  readonly usesOldSelf: boolean;
}

/** Rules of a schema and of what is in it. Nodes without any are left out. */
export interface RuleNode {
  readonly schema: JsonSchema;
  readonly rules: readonly CompiledRule[];
  readonly items: RuleNode | undefined;
  readonly values: RuleNode | undefined;
  readonly properties: ReadonlyMap<string, RuleNode>;
}

/** What is wrong with the rules of one node. */
export interface RuleProblem {
  readonly schema: JsonSchema;
  readonly index: number;
  readonly field: 'rule' | 'messageExpression';
  readonly message: string;
}

export interface CompiledRules {
  readonly root: RuleNode | undefined;
  readonly problems: readonly RuleProblem[];
}

const compiled = new WeakMap<JsonSchema, CompiledRules>();

/** Compiles every `x-kubernetes-validations` of a schema; once for as long as the schema lives. */
export function compileRules(root: JsonSchema): CompiledRules {
  const known = compiled.get(root);
  if (known) return known;
  const problems: RuleProblem[] = [];
  const types = new CelTypes();
  // The root is asked for first: its fields are named after where they are.
  const compile = (schema: JsonSchema, isRoot: boolean): RuleNode | undefined => {
    const rules = compileNode(schema, () => types.of(schema, isRoot), problems);
    const items = itemsOf(schema);
    const values = valuesOf(schema);
    const node: RuleNode = {
      schema,
      rules,
      items: items && compile(items, false),
      values: values && compile(values, false),
      properties: new Map(
        Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
          const child = compile(property, false);
          return child ? [[name, child] as const] : [];
        }),
      ),
    };
    return rules.length > 0 || node.items || node.values || node.properties.size > 0 ? node : undefined;
  };
  const result = { root: compile(root, true), problems };
  compiled.set(root, result);
  return result;
}

function compileNode(schema: JsonSchema, typeOf: () => CelType | undefined, problems: RuleProblem[]): CompiledRule[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const type = rules.length > 0 ? typeOf() : undefined;
  if (!type) return [];
  const environments = environmentsOf(type);
  return rules.flatMap((rule, index) => {
    const text = rule.rule?.trim() ?? '';
    if (text === '') return [];
    const environment = environments(rule);
    const complain = (field: RuleProblem['field'], message: string): void =>
      void problems.push({ schema, index, field, message });
    const program = environment.compile(text, { resultTypes: ['bool'] });
    if (program instanceof CelError) {
      complain('rule', resultMessage(program.message, 'bool'));
      return [];
    }
    const expression = rule.messageExpression?.trim() ?? '';
    const message = expression === '' ? undefined : environment.compile(expression, { resultTypes: ['string'] });
    if (message instanceof CelError) {
      complain('messageExpression', `messageExpression ${resultMessage(message.message, 'string')}`);
      return [];
    }
    return [{ rule, program, message, usesOldSelf: program.uses('oldSelf') }];
  });
}

/** `oldSelf` is optional for rules that ask for that. Environments are made when the first rule needs them. */
function environmentsOf(type: CelType): (rule: ValidationRule) => CelEnvironment {
  const plain = CelEnvironment.of({ self: type });
  let withOld: CelEnvironment | undefined;
  let withOptionalOld: CelEnvironment | undefined;
  return (rule) => {
    if (!`${rule.rule ?? ''} ${rule.messageExpression ?? ''}`.includes('oldSelf')) return plain;
    if (!rule.optionalOldSelf) return (withOld ??= plain.with({ oldSelf: type }));
    return (withOptionalOld ??= plain.with({ oldSelf: { kind: 'optional', of: type } }));
  };
}

const resultMessage = (message: string, type: string): string =>
  message.startsWith('must evaluate') ? `cel expression must evaluate to a ${type}` : message;
