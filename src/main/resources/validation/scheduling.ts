import type { Toleration } from '../../../shared/api/kinds.ts';
import type { PodSpec } from '../defaults/pod-spec-defaults.ts';
import type { FieldError } from './field-error.ts';
import {
  complaintsAbout,
  duplicatesIn,
  forbiddenField,
  invalidValue,
  notSupported,
  oneOf,
  required,
  requiredOneOf,
} from './fields.ts';
import { validateLabelSelector } from './label-selector.ts';
import { labelValue, qualifiedName } from './names.ts';

type Affinity = NonNullable<PodSpec['affinity']>;
type NodeTerm = NonNullable<
  NonNullable<Affinity['nodeAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'][number];
type PodTerm = NonNullable<
  NonNullable<Affinity['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];
type Spread = NonNullable<PodSpec['topologySpreadConstraints']>[number];

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const NODE_OPERATORS = ['DoesNotExist', 'Exists', 'Gt', 'In', 'Lt', 'NotIn'];

export function validateTolerations(tolerations: readonly Toleration[], field: string): FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    const { key, operator = 'Equal', value, effect } = toleration;
    if (key) errors.push(...complaintsAbout(`${at}.key`, key, qualifiedName(key)));
    else if (operator !== 'Exists') {
      errors.push(
        invalidValue(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(invalidValue(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    if (operator === '' || operator === 'Equal')
      errors.push(...complaintsAbout(`${at}.operator`, value, labelValue(value ?? '')));
    else if (operator !== 'Exists') errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    else if (value) {
      errors.push(invalidValue(`${at}.operator`, toleration, "value must be empty when `operator` is 'Exists'"));
    }
    if (effect) errors.push(...oneOf(`${at}.effect`, effect, TAINT_EFFECTS));
    return errors;
  });
}

export function validateAffinity(affinity: Affinity | undefined, field: string): FieldError[] {
  return [
    ...validateNodeAffinity(affinity?.nodeAffinity, `${field}.nodeAffinity`),
    ...validatePodAffinity(affinity?.podAffinity, `${field}.podAffinity`),
    ...validatePodAffinity(affinity?.podAntiAffinity, `${field}.podAntiAffinity`),
  ];
}

function validateNodeAffinity(affinity: Affinity['nodeAffinity'], field: string): FieldError[] {
  const hard = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const soft = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const hardField = `${field}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  const terms = hard?.nodeSelectorTerms ?? [];
  return [
    ...(hard && terms.length === 0 ? [required(hardField, 'must have at least one node selector term')] : []),
    ...terms.flatMap((term, index) => validateNodeTerm(term, `${hardField}[${index}]`)),
    ...soft.flatMap(({ weight, preference }, index) => {
      const at = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      return [...validateWeight(weight, at), ...validateNodeTerm(preference ?? {}, `${at}.preference`)];
    }),
  ];
}

/** One term of a node selector: of a pod's affinity or of a volume's. */
export function validateNodeTerm(term: NodeTerm, field: string): FieldError[] {
  const expressions = (term.matchExpressions ?? []).flatMap((requirement, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    return [
      ...validateOperands(requirement, at),
      ...complaintsAbout(`${at}.key`, requirement.key, qualifiedName(requirement.key ?? '')),
    ];
  });
  const fields = (term.matchFields ?? []).flatMap((requirement, index) => {
    const at = `${field}.matchFields[${index}]`;
    const errors: FieldError[] = [];
    if (requirement.operator !== 'In' && requirement.operator !== 'NotIn') {
      errors.push(invalidValue(`${at}.operator`, requirement.operator, 'not a valid selector operator'));
    } else if (requirement.values?.length !== 1) {
      errors.push(
        required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
      );
    }
    if (requirement.key !== 'metadata.name') {
      errors.push(invalidValue(`${at}.key`, requirement.key, 'not a valid field selector key'));
    }
    return errors;
  });
  return [...expressions, ...fields];
}

function validateOperands(requirement: { operator?: string; values?: string[] }, field: string): FieldError[] {
  const { operator = '', values = [] } = requirement;
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    case 'Gt':
    case 'Lt':
      return values.length === 1
        ? []
        : [required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [
        NODE_OPERATORS.includes(operator)
          ? required(`${field}.values`)
          : invalidValue(`${field}.operator`, operator, 'not a valid selector operator'),
      ];
  }
}

const validateWeight = (weight: number | undefined, field: string): FieldError[] =>
  weight !== undefined && weight >= 1 && weight <= 100
    ? []
    : [invalidValue(`${field}.weight`, weight ?? 0, 'must be in the range 1-100')];

function validatePodAffinity(affinity: Affinity['podAffinity'], field: string): FieldError[] {
  return [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) =>
      validatePodTerm(term, `${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`),
    ),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((weighted, index) => {
      const at = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      const term = weighted.podAffinityTerm;
      return [
        ...validateWeight(weighted.weight, at),
        ...(term ? validatePodTerm(term, `${at}.podAffinityTerm`) : [required(`${at}.podAffinityTerm`)]),
      ];
    }),
  ];
}

function validatePodTerm(term: PodTerm, field: string): FieldError[] {
  return [
    ...(term.labelSelector ? validateLabelSelector(term.labelSelector, `${field}.labelSelector`) : []),
    ...(term.topologyKey
      ? complaintsAbout(`${field}.topologyKey`, term.topologyKey, qualifiedName(term.topologyKey))
      : [required(`${field}.topologyKey`, 'can not be empty')]),
  ];
}

export function validateSpread(constraints: readonly Spread[], field: string): FieldError[] {
  const errors = constraints.flatMap((constraint, index) => {
    const at = `${field}[${index}]`;
    return [
      ...(constraint.maxSkew > 0
        ? []
        : [invalidValue(`${at}.maxSkew`, constraint.maxSkew, 'must be greater than zero')]),
      ...(constraint.topologyKey
        ? complaintsAbout(`${at}.topologyKey`, constraint.topologyKey, qualifiedName(constraint.topologyKey))
        : [required(`${at}.topologyKey`, 'can not be empty')]),
      ...requiredOneOf(`${at}.whenUnsatisfiable`, constraint.whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']),
      ...(constraint.labelSelector ? validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`) : []),
    ];
  });
  return [
    ...errors,
    ...duplicatesIn(
      constraints,
      ({ topologyKey, whenUnsatisfiable }) => `{${topologyKey}, ${whenUnsatisfiable}}`,
      (index) => `${field}[${index}].{topologyKey, whenUnsatisfiable}`,
    ),
  ];
}
