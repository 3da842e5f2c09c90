import { badRequest } from './errors.ts';

/** `metav1.LabelSelector`: matchLabels and matchExpressions, all of which must hold. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
export interface Requirement {
  key: string;
  operator: Operator;
  values: readonly string[];
}

type Labels = Readonly<Record<string, string>> | undefined;

/** Whether one requirement holds. As upstream, `NotIn` and `!=` also match objects without the key. */
export function matchesRequirement(requirement: Requirement, labels: Labels): boolean {
  const value = labels?.[requirement.key];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(requirement.values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(requirement.values[0]);
  }
}

export const matchesAll = (requirements: readonly Requirement[], labels: Labels): boolean =>
  requirements.every((requirement) => matchesRequirement(requirement, labels));

/** An absent selector selects nothing, an empty one everything (LabelSelectorAsSelector). */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  return selector !== undefined && matchesAll(requirementsOf(selector), labels);
}

export function requirementsOf(selector: LabelSelector): Requirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({
    key,
    operator: 'In',
    values: [value],
  }));
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }): Requirement => ({
    key,
    operator: operator as Operator,
    values: values ?? [],
  }));
  return [...equal, ...expressions];
}

/** The selector in the form of a `labelSelector` query (`a=b,c in (d,e)`), as `status.selector` of a Scale has it. */
export function formatSelector(selector: LabelSelector): string {
  return requirementsOf(selector)
    .map(({ key, operator, values }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      if (operator === 'In' && values.length === 1) return `${key}=${values[0] ?? ''}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
    })
    .join(',');
}

const TERM =
  /^\s*(?:(!)\s*([^\s!=,()]+)|([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)|([^\s!=,()]+)\s*(==|=|!=)\s*([^\s,()]*)|([^\s!=,()]+))\s*(?:,|$)/;

/** Parses a `labelSelector` query. Throws 400 with upstream's prefix on bad text. */
export function parseLabelSelector(text: string): Requirement[] {
  const requirements: Requirement[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = TERM.exec(rest);
    if (!match)
      throw badRequest(
        `unable to parse requirement: found '${rest}', expected: identifier, '!', 'in', 'notin', '=', '==' or '!='`,
      );
    const [whole, not, absent, setKey, setOperator, setValues, key, sign, value, present] = match;
    if (not && absent) requirements.push({ key: absent, operator: 'DoesNotExist', values: [] });
    else if (setKey)
      requirements.push({
        key: setKey,
        operator: setOperator === 'in' ? 'In' : 'NotIn',
        values: (setValues ?? '').split(',').map((item) => item.trim()),
      });
    else if (key) requirements.push({ key, operator: sign === '!=' ? 'NotIn' : 'In', values: [value ?? ''] });
    else if (present) requirements.push({ key: present, operator: 'Exists', values: [] });
    rest = rest.slice(whole.length);
  }
  return requirements;
}

/** One term of a `fieldSelector`. */
export interface FieldTerm {
  field: string;
  equal: boolean;
  value: string;
}

/** Parses `a=b,c!=d`. Backslash escapes `,`, `=` and itself, as apimachinery's fields package. */
export function parseFieldSelector(text: string): FieldTerm[] {
  if (text === '') return [];
  return text.split(/(?<!\\),/).map((term) => {
    const match = /^(.+?)(!=|==|=)(.*)$/s.exec(term);
    if (!match) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
    return { field: match[1] ?? '', equal: match[2] !== '!=', value: (match[3] ?? '').replace(/\\([\\,=])/g, '$1') };
  });
}
