import type { CustomResourceDefinition } from '../../../shared/api/custom-resource-definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue, required } from '../validation/fields.ts';

const ANNOTATION = 'api-approved.kubernetes.io';
const FIELD = `metadata.annotations[${ANNOTATION}]`;
const SEE = `protected groups must have approval annotation "${ANNOTATION}", see https://github.com/kubernetes/enhancements/pull/1111`;

const isProtected = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

/** What stands of the approval of an API in a group of the Kubernetes project (`GetAPIApprovalState`). */
export interface Approval {
  status: 'True' | 'False';
  reason: 'ApprovedAnnotation' | 'UnapprovedAnnotation' | 'MissingAnnotation' | 'InvalidAnnotation';
  message: string;
}

/** Undefined for groups that need none. */
export function approvalOf(crd: CustomResourceDefinition): Approval | undefined {
  if (!isProtected(crd.spec.group)) return undefined;
  const value = crd.metadata?.annotations?.[ANNOTATION];
  if (value === undefined || value === '') return { status: 'False', reason: 'MissingAnnotation', message: SEE };
  if (value.startsWith('unapproved'))
    return { status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: ${JSON.stringify(value)}` };
  if (URL.canParse(value)) return { status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${value}` };
  return { status: 'False', reason: 'InvalidAnnotation', message: `${SEE}` };
}

/** A group of the Kubernetes project is not taken by accident. */
export function approvalErrors(crd: CustomResourceDefinition): FieldError[] {
  switch (approvalOf(crd)?.reason) {
    case 'MissingAnnotation':
      return [required(FIELD, SEE)];
    case 'InvalidAnnotation':
      return [invalidValue(FIELD, crd.metadata?.annotations?.[ANNOTATION], SEE)];
    default:
      return [];
  }
}
