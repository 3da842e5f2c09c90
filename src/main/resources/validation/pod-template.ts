import type { PodTemplateSpec } from '../../../shared/api/kinds.ts';
import { matchesLabelSelector, type LabelSelector } from '../../../shared/api/selector.ts';
import type { FieldError } from './field-error.ts';
import { forbiddenField, invalidValue, notSupported, required } from './fields.ts';
import { isEmptySelector, validateLabelSelector } from './label-selector.ts';
import { validateAnnotations, validateLabels } from './metadata.ts';
import { validatePodSpec } from './pod-spec.ts';

/** Deployments and ReplicaSets share rules upstream, so that each is called by the name of the other. */
const SELECTING: Readonly<Record<string, string>> = { ReplicaSet: 'deployment' };
const KEEPING: Readonly<Record<string, string>> = { Deployment: 'ReplicaSet' };

/**
 * Selector and template of something that keeps pods running (apps/validation ValidatePodTemplateSpecForReplicaSet):
 * the selector says something, the template's labels match it, and its pods are restarted for ever.
 */
export function validateSelectorAndTemplate(
  spec: { selector?: LabelSelector; template?: PodTemplateSpec } | undefined,
  kind: string,
): FieldError[] {
  const { selector, template } = spec ?? {};
  return [...validateSelector(selector, kind), ...validateTemplate(selector, template, kind)];
}

function validateSelector(selector: LabelSelector | undefined, kind: string): FieldError[] {
  // Upstream says no word of the selector that a DaemonSet lacks, but that it matches nothing.
  if (!selector) return kind === 'DaemonSet' ? [] : [required('spec.selector')];
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (isEmptySelector(selector)) {
    errors.push(
      invalidValue('spec.selector', selector, `empty selector is invalid for ${SELECTING[kind] ?? kind.toLowerCase()}`),
    );
  }
  return errors;
}

function validateTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  kind: string,
): FieldError[] {
  const field = 'spec.template';
  const labels = template?.metadata?.labels ?? {};
  const errors: FieldError[] = [];
  if (!selector || (!isEmptySelector(selector) && !matchesLabelSelector(selector, labels))) {
    errors.push(invalidValue(`${field}.metadata.labels`, labels, '`selector` does not match template `labels`'));
  }
  errors.push(...validatePodTemplate(template, field));
  const spec = template?.spec;
  if (spec?.restartPolicy && spec.restartPolicy !== 'Always') {
    errors.push(notSupported(`${field}.spec.restartPolicy`, spec.restartPolicy, ['Always']));
  }
  if (spec?.activeDeadlineSeconds !== undefined) {
    errors.push(
      forbiddenField(
        `${field}.spec.activeDeadlineSeconds`,
        `activeDeadlineSeconds in ${KEEPING[kind] ?? kind} is not Supported`,
      ),
    );
  }
  return errors;
}

/** A pod template, whoever has it (core/validation ValidatePodTemplateSpec). */
export function validatePodTemplate(template: PodTemplateSpec | undefined, field: string): FieldError[] {
  return [
    ...validateLabels(`${field}.labels`, template?.metadata?.labels),
    ...validateAnnotations(`${field}.annotations`, template?.metadata?.annotations),
    ...validatePodSpec(template?.spec, `${field}.spec`),
    ...(template?.spec?.ephemeralContainers?.length
      ? [forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}
