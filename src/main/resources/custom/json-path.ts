import { isJsonObject } from '../decode/json-value.ts';

/** One step of a JSONPath, as client-go's `jsonpath` reads it: the parts that printer columns and scale paths use. */
type Step =
  | { type: 'field'; name: string }
  | { type: 'index'; index: number }
  | { type: 'slice'; from: number | undefined; to: number | undefined }
  | { type: 'all' }
  | { type: 'anywhere'; name: string }
  | { type: 'filter'; path: readonly Step[]; operator: Operator | undefined; value: unknown };
type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A path that was read once, to be followed often. */
export type JsonPath = readonly Step[];

const FIELD = /^\.((?:[^.[\]\\]|\\.)+)/;
const ANYWHERE = /^\.\.([^.[\]]+)/;
const QUOTED = /^\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/;
const INDEX = /^\[(-?\d+)\]/;
const SLICE = /^\[(-?\d*):(-?\d*)\]/;
const ALL = /^(?:\[\*\]|\.\*)/;
const FILTER =
  /^\[\?\(\s*@((?:[^='"<>!)]|\\.)*?)\s*(?:(==|!=|<=|>=|<|>)\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^)\s]+)\s*)?\)\]/;

const unescape = (text: string): string => text.replace(/\\(.)/g, '$1');
const numberOf = (text: string | undefined): number | undefined => (text ? Number(text) : undefined);

/** Reads a path such as `.status.conditions[?(@.type=="Ready")].status`; undefined for text that is none. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps: Step[] = [];
  let rest = text
    .trim()
    .replace(/^\{(.*)\}$/s, '$1')
    .replace(/^\$/, '');
  if (rest === '.') return [];
  while (rest !== '') {
    const found = nextStep(rest);
    if (!found) return undefined;
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return steps;
}

function nextStep(rest: string): { step: Step; length: number } | undefined {
  const match = (pattern: RegExp): RegExpExecArray | null => pattern.exec(rest);
  let m: RegExpExecArray | null;
  if ((m = match(ALL))) return { step: { type: 'all' }, length: m[0].length };
  if ((m = match(ANYWHERE))) return { step: { type: 'anywhere', name: unescape(m[1] ?? '') }, length: m[0].length };
  if ((m = match(FIELD))) return { step: { type: 'field', name: unescape(m[1] ?? '') }, length: m[0].length };
  if ((m = match(QUOTED))) return { step: { type: 'field', name: unescape(m[1] ?? m[2] ?? '') }, length: m[0].length };
  if ((m = match(INDEX))) return { step: { type: 'index', index: Number(m[1]) }, length: m[0].length };
  if ((m = match(SLICE)))
    return { step: { type: 'slice', from: numberOf(m[1]), to: numberOf(m[2]) }, length: m[0].length };
  if ((m = match(FILTER))) {
    const path = parseJsonPath(m[1] ?? '');
    if (!path) return undefined;
    const step: Step = { type: 'filter', path, operator: m[2] as Operator | undefined, value: literal(m[3]) };
    return { step, length: m[0].length };
  }
  return undefined;
}

function literal(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  if (/^['"]/.test(text)) return unescape(text.slice(1, -1));
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** Everything the path leads to, in order; nothing where a field is missing. */
export function followJsonPath(path: JsonPath, value: unknown): unknown[] {
  return path.reduce<unknown[]>((values, step) => values.flatMap((at) => follow(step, at)), [value]);
}

function follow(step: Step, value: unknown): unknown[] {
  const members = Array.isArray(value) ? (value as unknown[]) : isJsonObject(value) ? Object.values(value) : [];
  switch (step.type) {
    case 'field':
      return isJsonObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'index': {
      const found: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case 'all':
      return members;
    case 'anywhere':
      return [
        ...follow({ type: 'field', name: step.name }, value),
        ...members.flatMap((member) => follow(step, member)),
      ];
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => holds(step, item)) : [];
  }
}

function holds(step: Extract<Step, { type: 'filter' }>, item: unknown): boolean {
  const found = followJsonPath(step.path, item);
  if (step.operator === undefined) return found.length > 0;
  const left = found[0] as string | number;
  const right = step.value as string | number;
  switch (step.operator) {
    case '==':
      return found.length > 0 && left === right;
    case '!=':
      return found.length > 0 && left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
