import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from '../../../shared/api/kinds.ts';
import { validateMatchConditions } from '../admission/match-conditions.ts';
import { FAILURE_POLICIES, MATCH_POLICIES, setRuleDefaults, validateRule } from './admission-rules.ts';
import type { FieldError } from './field-error.ts';
import { duplicatesIn, invalidValue, oneOf, required } from './fields.ts';
import { validateLabelSelector } from './label-selector.ts';
import { dns1035Label, dns1123Subdomain } from './names.ts';
import { validateWebhookClient } from './webhook-client.ts';

type ValidatingWebhook = NonNullable<ValidatingWebhookConfiguration['webhooks']>[number];
export type MutatingWebhook = NonNullable<MutatingWebhookConfiguration['webhooks']>[number];
/** What both sorts of webhooks have. */
export type Webhook = ValidatingWebhook;

const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
/** Versions of AdmissionReview that upstream takes; we send the first. */
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const LONGEST_TIMEOUT_SECONDS = 30;
const DEFAULT_TIMEOUT_SECONDS = 10;

/** admissionregistration/validation validateValidatingWebhookConfiguration, and the part of mutating ones that is the same. */
export function validateWebhooks(webhooks: readonly Partial<Webhook>[]): FieldError[] {
  return [
    ...webhooks.flatMap((webhook, index) => validateWebhook(webhook, `webhooks[${index}]`)),
    ...duplicatesIn(
      webhooks,
      ({ name }) => name,
      (index) => `webhooks[${index}].name`,
    ),
  ];
}

function validateWebhook(webhook: Partial<Webhook>, field: string): FieldError[] {
  const { name = '', rules = [], timeoutSeconds, sideEffects, clientConfig, matchConditions } = webhook;
  const timeoutWrong = timeoutSeconds !== undefined && (timeoutSeconds > LONGEST_TIMEOUT_SECONDS || timeoutSeconds < 1);
  return [
    ...validateWebhookName(name, `${field}.name`),
    ...rules.flatMap((rule, index) => validateRule(rule, `${field}.rules[${index}]`)),
    ...oneOf(`${field}.failurePolicy`, webhook.failurePolicy, FAILURE_POLICIES),
    ...oneOf(`${field}.matchPolicy`, webhook.matchPolicy, MATCH_POLICIES),
    ...(sideEffects === undefined
      ? [required(`${field}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(', ')}`)]
      : oneOf(`${field}.sideEffects`, sideEffects, SIDE_EFFECTS)),
    ...(timeoutWrong
      ? [
          invalidValue(
            `${field}.timeoutSeconds`,
            timeoutSeconds,
            `the timeout value must be between 1 and ${LONGEST_TIMEOUT_SECONDS} seconds`,
          ),
        ]
      : []),
    ...(['namespaceSelector', 'objectSelector'] as const).flatMap((selector) => {
      const value = webhook[selector];
      return value ? validateLabelSelector(value, `${field}.${selector}`) : [];
    }),
    ...validateWebhookClient(clientConfig ?? {}, `${field}.clientConfig`),
    ...validateMatchConditions(matchConditions, false, `${field}.matchConditions`),
    ...validateReviewVersions(webhook.admissionReviewVersions ?? [], `${field}.admissionReviewVersions`),
  ];
}

/** A domain of three labels or more (util/validation IsFullyQualifiedName). */
function validateWebhookName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const complaints = dns1123Subdomain(name);
  if (complaints.length > 0) return [invalidValue(field, name, complaints.join(','))];
  return name.split('.').length < 3
    ? [invalidValue(field, name, 'should be a domain with at least three segments separated by dots')]
    : [];
}

function validateReviewVersions(versions: readonly string[], field: string): FieldError[] {
  if (versions.length === 0) return [required(field, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  const seen = new Set<string>();
  const errors = versions.flatMap((version, index) => {
    if (seen.has(version)) return [invalidValue(`${field}[${index}]`, version, 'duplicate version')];
    seen.add(version);
    return dns1035Label(version).map((complaint) => invalidValue(`${field}[${index}]`, version, complaint));
  });
  return versions.some((version) => REVIEW_VERSIONS.includes(version))
    ? errors
    : [...errors, invalidValue(field, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)];
}

/** admissionregistration/v1 SetDefaults_ValidatingWebhook. */
export function setWebhookDefaults(webhook: Partial<Webhook>): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= DEFAULT_TIMEOUT_SECONDS;
  setRuleDefaults(webhook.rules);
  const service = webhook.clientConfig?.service;
  if (service) service.port ??= 443;
}
