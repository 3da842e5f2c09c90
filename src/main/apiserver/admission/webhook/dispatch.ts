import { randomUUID } from 'node:crypto';
import { badRequest, forbidden, internalError, messageOf, type ApiError } from '../../../../shared/api/errors.ts';
import { NAMESPACES } from '../../../../shared/api/kinds.ts';
import type { Logger } from '../../../../shared/logger.ts';
import type { KindCatalog } from '../../../resources/catalog.ts';
import type { KindDefinition } from '../../../resources/definition.ts';
import type { Authorizer } from '../../auth/authorizer.ts';
import type { Views } from '../../views/views.ts';
import type { AdmissionRequest } from '../chain.ts';
import { evaluateConditions } from '../policy/match-conditions.ts';
import { namespaceOf } from '../policy/namespace-object.ts';
import { Evaluation } from '../policy/questions.ts';
import { requestValues } from '../policy/request-values.ts';
import { isExempt, matchedKind, matchesNamespace, matchesObject } from '../policy/rule-match.ts';
import { CallFailed, type WebhookCaller } from './caller.ts';
import type { Hook } from './hooks.ts';
import { denialOf, InvalidReview, readReview, reviewOf, reviewVersionOf, type ReviewAnswer } from './review.ts';

export interface WebhookDeps {
  views: Views;
  catalog: KindCatalog;
  authorizer: Authorizer;
  log: Logger;
  caller: WebhookCaller;
}

/** A webhook that is to be called about a request, in the words of the version it asked for. */
export interface Invocation {
  hook: Hook;
  matched: KindDefinition;
}

/** Whether webhooks may be asked about a request at all. */
export const isAsked = ({ kind }: AdmissionRequest): boolean => !isExempt(kind);

/** Decides whether a webhook is called about a request. Throws 403 when its conditions cannot be evaluated. */
export async function invocationOf(
  deps: WebhookDeps,
  hook: Hook,
  request: AdmissionRequest,
): Promise<Invocation | undefined> {
  const { webhook, conditions } = hook;
  const matched = matchedKind(webhook.rules ?? [], webhook.matchPolicy, request, deps.catalog);
  if (!matched || !matchesObject(webhook.objectSelector, request)) return undefined;
  const labelsOf = async (namespace: string) => (await deps.views.of(NAMESPACES)).get('', namespace)?.metadata?.labels;
  if (!(await matchesNamespace(webhook.namespaceSelector, request, labelsOf))) return undefined;
  if (conditions.length === 0) return { hook, matched };
  const evaluation = new Evaluation(request, deps.authorizer, {
    ...requestValues(request, matched),
    namespaceObject: await namespaceOf(deps.views, request),
  });
  const answer = await evaluateConditions(evaluation, conditions, webhook.matchConditions);
  if (answer.outcome === 'match') return { hook, matched };
  if (answer.outcome === 'skip' || webhook.failurePolicy === 'Ignore') return undefined;
  throw forbidden(request.kind.type, request.name, answer.message);
}

/**
 * Calls a webhook. Undefined when it could not be asked and its failurePolicy is to go on without; throws what it
 * refuses with, or 500 when it could not be asked.
 */
export async function ask(
  deps: WebhookDeps,
  { hook, matched }: Invocation,
  request: AdmissionRequest,
  mutating: boolean,
): Promise<ReviewAnswer | undefined> {
  const { webhook } = hook;
  if (request.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun')
    throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  let answer: ReviewAnswer;
  try {
    answer = await exchange(deps, hook, matched, request, mutating);
  } catch (error) {
    if (!(error instanceof CallFailed) && !(error instanceof InvalidReview)) throw error;
    const failure = callingFailed(webhook.name, error);
    if (webhook.failurePolicy !== 'Ignore') throw failure;
    deps.log.warn({ webhook: webhook.name, error: messageOf(error) }, 'webhook failed, going on without');
    return undefined;
  }
  for (const [key, value] of answer.auditAnnotations) request.annotate?.(`${webhook.name}/${key}`, value);
  for (const warning of answer.warnings) request.warn(warning);
  if (!answer.allowed) throw denialOf(webhook.name, answer.status);
  return answer;
}

export const callingFailed = (name: string, error: Error): ApiError =>
  internalError(`failed calling webhook ${JSON.stringify(name)}: ${error.message}`);

async function exchange(
  deps: WebhookDeps,
  { webhook }: Hook,
  matched: KindDefinition,
  request: AdmissionRequest,
  mutating: boolean,
): Promise<ReviewAnswer> {
  const version = reviewVersionOf(webhook.admissionReviewVersions);
  if (!version)
    throw new CallFailed(
      'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    );
  const uid = randomUUID();
  const review = reviewOf(uid, version, requestValues(request, matched));
  const body = await deps.caller.call(webhook.clientConfig, review, webhook.timeoutSeconds ?? 10);
  try {
    return readReview(uid, version, mutating, body);
  } catch (error) {
    if (error instanceof InvalidReview && !error.message.startsWith('received undecodable'))
      throw new InvalidReview(`received invalid webhook response: ${error.message}`);
    throw error;
  }
}
