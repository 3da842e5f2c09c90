import type { KubeObject } from '../../../../shared/api/meta.ts';
import { matchesLabelSelector, type LabelSelector } from '../../../../shared/api/selector.ts';
import type { KindCatalog } from '../../../resources/catalog.ts';
import type { KindDefinition } from '../../../resources/definition.ts';
import { isEmptySelector } from '../../../resources/validation/label-selector.ts';
import type { AdmissionRequest } from '../chain.ts';

/** Which requests webhooks and policies are for: apiserver admission/plugin/webhook/predicates and policy/matching. */

/** A rule as both write it; the names are only those of policies. */
export interface MatchRule {
  operations?: readonly string[];
  apiGroups?: readonly string[];
  apiVersions?: readonly string[];
  resources?: readonly string[];
  scope?: string;
  resourceNames?: readonly string[];
}

type Asked = Pick<AdmissionRequest, 'operation' | 'kind' | 'subresource' | 'namespace' | 'name'>;

const has = (words: readonly string[] | undefined, word: string): boolean =>
  words !== undefined && (words.includes('*') || words.includes(word));

const isNamespaces = ({ type }: KindDefinition): boolean => type.group === '' && type.plural === 'namespaces';

/** Whether one rule is about this request, as one to this version of the resource. */
export function matchesRule(rule: MatchRule, request: Asked, { type }: KindDefinition = request.kind): boolean {
  return (
    matchesScope(rule.scope, request) &&
    has(rule.operations, request.operation) &&
    has(rule.apiGroups, type.group) &&
    has(rule.apiVersions, type.version) &&
    (rule.resources ?? []).some((word) => matchesResource(word, type.plural, request.subresource)) &&
    ((rule.resourceNames ?? []).length === 0 || (rule.resourceNames ?? []).includes(request.name))
  );
}

function matchesScope(scope: string | undefined, { kind, namespace }: Asked): boolean {
  // A Namespace is an object of the cluster, although its requests are in a namespace: itself.
  const cluster = isNamespaces(kind) || namespace === '';
  return scope === 'Namespaced' ? !cluster : scope === 'Cluster' ? cluster : true;
}

function matchesResource(word: string, plural: string, subresource: string): boolean {
  const slash = word.indexOf('/');
  const [resource, sub] = slash < 0 ? [word, ''] : [word.slice(0, slash), word.slice(slash + 1)];
  return (resource === '*' || resource === plural) && (sub === '*' || sub === subresource);
}

/**
 * The version of the request's resource that the rules are about: the request's own, or with matchPolicy `Equivalent`
 * another one of the same resource. Undefined when the rules are about something else.
 */
export function matchedKind(
  rules: readonly MatchRule[],
  matchPolicy: string | undefined,
  request: Asked,
  catalog: KindCatalog,
): KindDefinition | undefined {
  if (rules.some((rule) => matchesRule(rule, request))) return request.kind;
  if (matchPolicy === 'Exact') return undefined;
  const equivalents = equivalentsOf(request.kind, catalog);
  return equivalents.find((kind) => rules.some((rule) => matchesRule(rule, request, kind)));
}

const placeOf = ({ type, storedAs }: KindDefinition): string =>
  `${storedAs?.group ?? type.group}/${storedAs?.plural ?? type.plural}`;

/** Other versions of the same resource: those that are kept in the same place. */
const equivalentsOf = (kind: KindDefinition, catalog: KindCatalog): KindDefinition[] =>
  kind.virtual
    ? []
    : catalog.kinds().filter((other) => other !== kind && !other.virtual && placeOf(other) === placeOf(kind));

/** Configurations of admission itself are exempt: nobody may lock the door from which it could be opened again. */
export const isExempt = ({ type }: KindDefinition): boolean =>
  type.group === 'admissionregistration.k8s.io' &&
  /^(mutating|validating)(webhookconfigurations|admissionpolic)/.test(type.plural);

/**
 * Whether the namespace of a request is selected. A Namespace is judged by its own labels, an object of the cluster
 * always passes. `labelsOf` reads the labels of a namespace.
 */
export async function matchesNamespace(
  selector: LabelSelector | undefined,
  request: AdmissionRequest,
  labelsOf: (namespace: string) => Promise<Record<string, string> | undefined>,
): Promise<boolean> {
  if (!selector || isEmptySelector(selector)) return true;
  if (isNamespaces(request.kind) && request.subresource === '') {
    const own = request.object ?? request.old;
    return matchesLabelSelector(selector, own?.metadata?.labels);
  }
  if (request.namespace === '') return true;
  return matchesLabelSelector(selector, await labelsOf(request.namespace));
}

/** Whether the object is selected: as it is to be, or as it was. What has no labels is not, but by an empty selector. */
export function matchesObject(selector: LabelSelector | undefined, { object, old }: AdmissionRequest): boolean {
  if (!selector || isEmptySelector(selector)) return true;
  const selected = (one: KubeObject | undefined): boolean =>
    one?.metadata !== undefined && matchesLabelSelector(selector, one.metadata.labels);
  return selected(object) || selected(old);
}
