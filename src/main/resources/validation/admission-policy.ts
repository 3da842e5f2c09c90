import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../../../shared/api/kinds.ts';
import { compilePolicy, type CompiledPolicy, type PolicySpec } from '../admission/compiled-policy.ts';
import { compileErrors, validateMatchConditions } from '../admission/match-conditions.ts';
import { FAILURE_POLICIES, validateMatchResources } from './admission-rules.ts';
import type { FieldError } from './field-error.ts';
import {
  complaintsAbout,
  duplicate,
  duplicatesIn,
  forbiddenField,
  invalidValue,
  notSupported,
  oneOf,
  required,
} from './fields.ts';
import { validateLabelSelector } from './label-selector.ts';
import { dns1035Label, dns1123Subdomain, pathSegment, qualifiedName } from './names.ts';

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const MOST_AUDIT_ANNOTATIONS = 20;
const LONGEST_VALUE_EXPRESSION = 5 * 1024;
const RESERVED = [
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import'],
  ...['let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'],
];

type BindingSpec = NonNullable<ValidatingAdmissionPolicyBinding['spec']>;

/** admissionregistration/validation ValidateValidatingAdmissionPolicy. */
export function validatePolicy(policy: ValidatingAdmissionPolicy): FieldError[] {
  const spec: Partial<PolicySpec> = policy.spec ?? {};
  const { failurePolicy, paramKind, matchConstraints, validations = [], auditAnnotations = [] } = spec;
  const compiled = compilePolicy(spec);
  const empty = validations.length === 0 && auditAnnotations.length === 0;
  const nothing = 'validations or auditAnnotations must contain at least one item';
  return [
    ...(failurePolicy === undefined
      ? [required('spec.failurePolicy')]
      : oneOf('spec.failurePolicy', failurePolicy, FAILURE_POLICIES)),
    ...(paramKind ? validateParamKind(paramKind, 'spec.paramKind') : []),
    ...(matchConstraints
      ? [
          ...validateMatchResources(matchConstraints, 'spec.matchConstraints'),
          ...((matchConstraints.resourceRules ?? []).length === 0
            ? [required('spec.matchConstraints.resourceRules')]
            : []),
        ]
      : [required('spec.matchConstraints')]),
    ...validateMatchConditions(spec.matchConditions, paramKind !== undefined, 'spec.matchConditions'),
    ...validateVariables(spec, compiled),
    ...(empty
      ? [required('spec.validations', nothing), required('spec.auditAnnotations', nothing)]
      : [...validateValidations(spec, compiled), ...validateAnnotations(policy.metadata?.name ?? '', spec, compiled)]),
  ];
}

function validateParamKind({ apiVersion, kind }: NonNullable<PolicySpec['paramKind']>, field: string): FieldError[] {
  return [
    ...(apiVersion ? validateGroupVersion(apiVersion, `${field}.apiVersion`) : [required(`${field}.apiVersion`)]),
    ...(kind
      ? complaintOf(
          `${field}.kind`,
          kind,
          dns1035Label(kind.toLowerCase()),
          'may have mixed case, but should otherwise match: ',
        )
      : [required(`${field}.kind`)]),
  ];
}

const complaintOf = (field: string, value: string, complaints: readonly string[], prefix = ''): FieldError[] =>
  complaints.length === 0 ? [] : [invalidValue(field, value, prefix + complaints.join(','))];

function validateGroupVersion(apiVersion: string, field: string): FieldError[] {
  const parts = apiVersion === '/' ? ['', ''] : apiVersion.split('/');
  if (parts.length > 2) return [invalidValue(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const version = parts.at(-1) ?? '';
  const group = parts.length === 2 ? (parts[0] ?? '') : '';
  return [
    ...(group === '' ? [] : complaintOf(field, group, dns1123Subdomain(group))),
    ...(version === ''
      ? [invalidValue(field, apiVersion, 'version must be specified')]
      : complaintOf(field, version, dns1035Label(version))),
  ];
}

function validateVariables({ variables = [] }: Partial<PolicySpec>, compiled: CompiledPolicy): FieldError[] {
  return variables.flatMap((variable, index) => {
    const { name = '', expression = '' }: { name?: string; expression?: string } = variable;
    const field = `spec.variables[${index}]`;
    const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.includes(name);
    return [
      ...(name.trim() === ''
        ? [required(`${field}.name`, 'name is not specified')]
        : identifier
          ? []
          : [invalidValue(`${field}.name`, name, 'name is not a valid CEL identifier')]),
      ...(expression.trim() === ''
        ? [required(`${field}.expression`, 'expression is not specified')]
        : compileErrors(compiled.variables[index]?.program, `${field}.expression`, expression)),
    ];
  });
}

function validateValidations({ validations = [] }: Partial<PolicySpec>, compiled: CompiledPolicy): FieldError[] {
  return validations.flatMap((validation, index) => {
    const field = `spec.validations[${index}]`;
    const { message, messageExpression, reason } = validation;
    const expression = (validation as { expression?: string }).expression ?? '';
    return [
      ...(expression.trim() === ''
        ? [required(`${field}.expression`, 'expression is not specified')]
        : compileErrors(compiled.validations[index]?.program, `${field}.expression`, expression)),
      ...(messageExpression && messageExpression.trim() === ''
        ? [invalidValue(`${field}.messageExpression`, messageExpression, 'must be non-empty if specified')]
        : compileErrors(compiled.validations[index]?.message, `${field}.messageExpression`, messageExpression ?? '')),
      ...(message && message.trim() === ''
        ? [invalidValue(`${field}.message`, message, 'message must be non-empty if specified')]
        : /[\n\r]/.test(message?.trim() ?? '')
          ? [invalidValue(`${field}.message`, message, 'message must not contain line breaks')]
          : []),
      ...oneOf(`${field}.reason`, reason, REASONS),
    ];
  });
}

function validateAnnotations(policy: string, spec: Partial<PolicySpec>, compiled: CompiledPolicy): FieldError[] {
  const annotations: readonly { key?: string; valueExpression?: string }[] = spec.auditAnnotations ?? [];
  const field = 'spec.auditAnnotations';
  return [
    ...(annotations.length > MOST_AUDIT_ANNOTATIONS
      ? [invalidValue(field, annotations, `must not have more than ${MOST_AUDIT_ANNOTATIONS} auditAnnotations`)]
      : []),
    ...annotations.flatMap(({ key = '', valueExpression = '' }, index) => {
      const at = `${field}[${index}]`;
      const expression = valueExpression.trim();
      const long = expression.length > LONGEST_VALUE_EXPRESSION;
      const qualified = `${policy}/${key}`;
      return [
        ...(policy === ''
          ? [invalidValue(`${at}.key`, key, 'requires metadata.name be non-empty')]
          : complaintsAbout(`${at}.key`, qualified, qualifiedName(qualified))),
        ...(expression === '' ? [required(`${at}.valueExpression`, 'valueExpression is not specified')] : []),
        ...(long
          ? [required(`${at}.valueExpression`, `must not exceed ${LONGEST_VALUE_EXPRESSION} bytes in length`)]
          : []),
        ...(expression === '' || long
          ? []
          : compileErrors(compiled.auditAnnotations[index]?.program, `${at}.valueExpression`, valueExpression)),
      ];
    }),
    ...duplicatesIn(
      annotations,
      ({ key }) => key,
      (index) => `${field}[${index}].key`,
    ),
  ];
}

/** ValidateValidatingAdmissionPolicyBinding. */
export function validateBinding(binding: ValidatingAdmissionPolicyBinding): FieldError[] {
  const { policyName, paramRef, matchResources, validationActions = [] }: Partial<BindingSpec> = binding.spec ?? {};
  return [
    ...(policyName
      ? complaintsAbout('spec.policyName', policyName, dns1123Subdomain(policyName))
      : [required('spec.policyName')]),
    ...(paramRef ? validateParamRef(paramRef, 'spec.paramRef') : []),
    // The misspelling is upstream's.
    ...(matchResources ? validateMatchResources(matchResources, 'spec.matchResouces') : []),
    ...validateActions(validationActions, 'spec.validationActions'),
  ];
}

function validateParamRef(reference: NonNullable<BindingSpec['paramRef']>, field: string): FieldError[] {
  const { name = '', selector, parameterNotFoundAction } = reference;
  const both = name !== '' && selector !== undefined;
  const exclusive = 'name and selector are mutually exclusive';
  return [
    ...(name === '' ? [] : complaintsAbout(`${field}.name`, name, pathSegment(name))),
    ...(both ? [forbiddenField(`${field}.name`, exclusive)] : []),
    ...(selector ? validateLabelSelector(selector, `${field}.selector`) : []),
    ...(both ? [forbiddenField(`${field}.selector`, exclusive)] : []),
    ...(name === '' && !selector ? [required(field, 'one of name or selector must be specified')] : []),
    ...(parameterNotFoundAction
      ? oneOf(`${field}.parameterNotFoundAction`, parameterNotFoundAction, ['Deny', 'Allow'])
      : [required(`${field}.parameterNotFoundAction`)]),
  ];
}

function validateActions(actions: readonly string[], field: string): FieldError[] {
  const seen = new Set<string>();
  const errors = actions.flatMap((action, index) => {
    const again = seen.has(action);
    seen.add(action);
    return [
      ...(ACTIONS.includes(action) ? [] : [notSupported(`${field}[${index}]`, action, ACTIONS)]),
      ...(again ? [duplicate(`${field}[${index}]`, action)] : []),
    ];
  });
  if (seen.has('Deny') && seen.has('Warn'))
    errors.push(
      invalidValue(
        field,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  return actions.length === 0 ? [...errors, required(field, 'at least one validation action is required')] : errors;
}
