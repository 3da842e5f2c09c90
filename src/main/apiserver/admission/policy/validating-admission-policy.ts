import { ApiError, forbidden } from '../../../../shared/api/errors.ts';
import { NAMESPACES, type ValidatingAdmissionPolicyBinding } from '../../../../shared/api/kinds.ts';
import type { KindCatalog } from '../../../resources/catalog.ts';
import type { Storage } from '../../../store/storage.ts';
import type { Authorizer } from '../../auth/authorizer.ts';
import type { Views } from '../../views/views.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../chain.ts';
import { judge, type Failure } from './judge.ts';
import { namespaceOf } from './namespace-object.ts';
import { collectParams, Misconfigured, paramKindOf } from './params.ts';
import { Policies, type BoundPolicy } from './policies.ts';
import { Evaluation, type ExpressionValues } from './questions.ts';
import { requestValues } from './request-values.ts';
import { isExempt, matchedKind, matchesNamespace, matchesObject, matchesRule } from './rule-match.ts';

export interface PolicyDeps {
  views: Views;
  catalog: KindCatalog;
  storage: Storage;
  authorizer: Authorizer;
}

type BindingSpec = NonNullable<ValidatingAdmissionPolicyBinding['spec']>;
type Match = NonNullable<BindingSpec['matchResources']>;

interface Denial {
  policy: string;
  binding: string | undefined;
  message: string;
  reason: string;
}

/** HTTP codes of the reasons a validation may give. */
const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

/** ValidatingAdmissionPolicy: the rules of policies in CEL, where bindings say they hold (policy/validating dispatcher.go). */
export function validatingAdmissionPolicy(deps: PolicyDeps): AdmissionPlugin {
  const policies = new Policies(deps.views);
  return {
    name: 'ValidatingAdmissionPolicy',
    async validate(request) {
      const all = await policies.all();
      if (all.length === 0 || isExempt(request.kind)) return;
      const denials: Denial[] = [];
      for (const policy of all) denials.push(...(await denialsOf(deps, policy, request)));
      const [first] = denials;
      if (first) throw denied(request, first);
    },
  };
}

async function denialsOf(deps: PolicyDeps, policy: BoundPolicy, request: AdmissionRequest): Promise<Denial[]> {
  const constraints = policy.spec.matchConstraints;
  if (!constraints || !(await matches(deps, constraints, request))) return [];
  const matched = matchedKind(constraints.resourceRules ?? [], constraints.matchPolicy, request, deps.catalog);
  if (!matched) return [];
  const denials: Denial[] = [];
  const misconfigured = (message: string, binding?: string): void => {
    if (policy.spec.failurePolicy !== 'Ignore')
      denials.push({ policy: policy.name, binding, message, reason: 'Invalid' });
  };

  let paramKind: ReturnType<typeof paramKindOf> | undefined;
  try {
    paramKind = policy.spec.paramKind && paramKindOf(deps.catalog, policy.spec.paramKind);
  } catch (error) {
    if (!(error instanceof Misconfigured)) throw error;
    misconfigured(`failed to configure policy: ${error.message}`);
    return denials;
  }
  const annotations = new Map<string, string[]>();
  let values: ExpressionValues | undefined;
  for (const { metadata, spec } of policy.bindings) {
    const name = metadata?.name ?? '';
    if (!spec || !(await bindingMatches(deps, spec, request))) continue;
    let params: Awaited<ReturnType<typeof collectParams>>;
    try {
      params = await collectParams(deps.storage, paramKind, spec.paramRef, request.namespace);
    } catch (error) {
      if (!(error instanceof Misconfigured)) throw error;
      misconfigured(`failed to configure binding: ${error.message}`, name);
      continue;
    }
    values ??= { ...requestValues(request, matched), namespaceObject: await namespaceOf(deps.views, request) };
    for (const param of params) {
      const own: ExpressionValues = { ...values, params: param ?? null };
      const judgement = await judge(
        policy.spec,
        policy.compiled,
        (more) => new Evaluation(request, deps.authorizer, { ...own, ...more }),
        own,
      );
      denials.push(...judgement.failures.flatMap((failure) => act(request, policy.name, name, spec, failure)));
      denials.push(
        ...judgement.annotationErrors.map((message) => ({
          policy: policy.name,
          binding: name,
          message,
          reason: 'Invalid',
        })),
      );
      for (const [key, value] of judgement.annotations)
        annotations.set(key, [...new Set([...(annotations.get(key) ?? []), value])]);
    }
  }
  for (const [key, texts] of annotations) request.annotate?.(`${policy.name}/${key}`, texts.join(', '));
  return denials;
}

/** Does what the binding says about a failure: refuse, warn, note. */
function act(
  request: AdmissionRequest,
  policy: string,
  binding: string,
  { validationActions = [] }: BindingSpec,
  { message, reason, index }: Failure,
): Denial[] {
  if (validationActions.includes('Warn'))
    request.warn(`Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${binding}': ${message}`);
  if (validationActions.includes('Audit'))
    request.annotate?.(
      'validation.policy.admission.k8s.io/validation_failure',
      JSON.stringify([{ message, policy, binding, expressionIndex: index, validationActions }]),
    );
  return validationActions.includes('Deny') ? [{ policy, binding, message, reason }] : [];
}

/** The constraints of a policy, but for the rules that say which version it is about. */
async function matches(deps: PolicyDeps, match: Match, request: AdmissionRequest): Promise<boolean> {
  if ((match.excludeResourceRules ?? []).some((rule) => matchesRule(rule, request))) return false;
  if (!matchesObject(match.objectSelector, request)) return false;
  const labelsOf = async (namespace: string) => (await deps.views.of(NAMESPACES)).get('', namespace)?.metadata?.labels;
  return matchesNamespace(match.namespaceSelector, request, labelsOf);
}

/** What a binding narrows its policy to; without rules every resource of the policy. */
async function bindingMatches(
  deps: PolicyDeps,
  { matchResources }: BindingSpec,
  request: AdmissionRequest,
): Promise<boolean> {
  if (!matchResources) return true;
  if (!(await matches(deps, matchResources, request))) return false;
  const rules = matchResources.resourceRules ?? [];
  return rules.length === 0 || matchedKind(rules, matchResources.matchPolicy, request, deps.catalog) !== undefined;
}

function denied(request: AdmissionRequest, { policy, binding, message, reason }: Denial): ApiError {
  const by = binding === undefined ? '' : ` with binding '${binding}'`;
  const text = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`;
  const refused = forbidden(request.kind.type, request.name, text);
  return new ApiError(CODES[reason] ?? 422, reason, refused.message, {
    name: request.name,
    kind: request.kind.type.plural,
    ...(request.kind.type.group === '' ? {} : { group: request.kind.type.group }),
    causes: [{ reason: '', message: text }],
  });
}
