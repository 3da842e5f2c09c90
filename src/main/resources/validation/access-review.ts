import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SubjectAccessReview,
} from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { invalidValue } from './fields.ts';

/** The rules of authorization.k8s.io/v1 (pkg/apis/authorization/validation). */

type AccessSpec = Partial<NonNullable<SubjectAccessReview['spec']>>;

function validateAttributes({ resourceAttributes, nonResourceAttributes }: AccessSpec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes)
    return [
      invalidValue(
        'spec.nonResourceAttributes',
        nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  if (!resourceAttributes && !nonResourceAttributes)
    return [
      invalidValue(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    ];
  return [];
}

function validateSubject({ user, groups }: AccessSpec): FieldError[] {
  if (user || (groups ?? []).length > 0) return [];
  return [invalidValue('spec.user', user ?? '', 'at least one of user or group must be specified')];
}

/** A question has no name: nothing in its metadata means anything. */
function emptyMetadata(metadata: SubjectAccessReview['metadata'] = {}, detail = 'must be empty'): FieldError[] {
  const said = Object.entries(metadata).some(([field, value]) => field !== 'managedFields' && value !== undefined);
  return said ? [invalidValue('metadata', metadata, detail)] : [];
}

export const validateSelfSubjectAccessReview = ({ spec, metadata }: SelfSubjectAccessReview): FieldError[] => [
  ...validateAttributes(spec),
  ...emptyMetadata(metadata),
];

export const validateSubjectAccessReview = ({ spec, metadata }: SubjectAccessReview): FieldError[] => [
  ...validateAttributes(spec),
  ...validateSubject(spec),
  ...emptyMetadata(metadata),
];

export function validateLocalSubjectAccessReview({ spec, metadata }: LocalSubjectAccessReview): FieldError[] {
  const { namespace = '', ...rest } = metadata ?? {};
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  return [
    ...validateAttributes(spec),
    ...validateSubject(spec),
    ...emptyMetadata(rest, 'must be empty except for namespace'),
    ...(resource && (resource.namespace ?? '') !== namespace
      ? [invalidValue('spec.resourceAttributes.namespace', resource.namespace ?? '', 'must match metadata.namespace')]
      : []),
    ...(path ? [invalidValue('spec.nonResourceAttributes', path, 'disallowed on this kind of request')] : []),
  ];
}
