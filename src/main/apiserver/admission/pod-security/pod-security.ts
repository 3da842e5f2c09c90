import { invalid } from '../../../../shared/api/errors.ts';
import { NAMESPACES, PODS, type Namespace, type Pod } from '../../../../shared/api/kinds.ts';
import { causeOf } from '../../../resources/validation/field-error.ts';
import type { Storage } from '../../../store/storage.ts';
import type { Views } from '../../views/views.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../chain.ts';
import { concerns, refused } from '../refuse.ts';
import { detailsOf, evaluate } from './evaluate.ts';
import { MOST_PODS_CHECKED, warningsOf } from './existing-pods.ts';
import { hasPodTemplate, podTemplateOf } from './pod-template.ts';
import { policyOf, printLevelVersion, strictness, type LevelVersion, type Policy } from './policy.ts';
import { isSignificantUpdate } from './significant-update.ts';

/** Subresources of pods whose objects are no pods, or whose writes cannot change the spec. */
const IGNORED_SUBRESOURCES = ['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'];
const AUDIT = 'pod-security.kubernetes.io/';

/**
 * The Pod Security Standards, by the labels of namespaces: pods that break the enforced level are refused; what breaks
 * the other two is noted in the audit log and told as a warning, of workloads too (pod-security-admission).
 */
export function podSecurity({ storage, views }: { storage: Storage; views: Views }): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    async validate(request) {
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
      const { type } = request.kind;
      if (concerns(request, NAMESPACES)) return admitNamespace(storage, request);
      if (!hasPodTemplate(type)) return;
      const isPod = type.plural === PODS.plural;
      if (isPod ? IGNORED_SUBRESOURCES.includes(request.subresource) : request.subresource !== '') return;
      const labels = (await views.of(NAMESPACES)).get('', request.namespace)?.metadata?.labels;
      admitPodSpec(request, isPod, policyOf(labels));
    },
  };
}

function admitPodSpec(request: AdmissionRequest, isPod: boolean, found: ReturnType<typeof policyOf>): void {
  const { policy, errors } = found;
  if (errors.length === 0 && isFree(policy, isPod)) return;
  const { object, old, kind } = request;
  if (!object || (isPod && old && !isSignificantUpdate(object as Pod, old as Pod))) return;
  const template = podTemplateOf(kind.type, object);
  const { spec } = template ?? {};
  if (!template || !spec) return;
  if (errors.length > 0)
    request.annotate?.(
      `${AUDIT}error`,
      `Failed to parse policy: ${errors.map((error) => `${error.field}: ${causeOf(error).message}`).join(', ')}`,
    );
  const faultsAt = ({ level, version }: LevelVersion): string =>
    detailsOf(evaluate(level, version, template.metadata ?? {}, spec));
  const sentence = (mode: LevelVersion, faults: string): string =>
    `violate PodSecurity ${JSON.stringify(printLevelVersion(mode))}: ${faults}`;

  const refusedFor = isPod ? faultsAt(policy.enforce) : '';
  if (isPod) request.annotate?.(`${AUDIT}enforce-policy`, printLevelVersion(policy.enforce));
  const audited = faultsAt(policy.audit);
  if (audited !== '') request.annotate?.(`${AUDIT}audit-violations`, `would ${sentence(policy.audit, audited)}`);
  if (refusedFor !== '') throw refused(request, sentence(policy.enforce, refusedFor).replace('violate', 'violates'));
  const warned = faultsAt(policy.warn);
  if (warned !== '') request.warn(`would ${sentence(policy.warn, warned)}`);
}

const isFree = ({ enforce, audit, warn }: Policy, isPod: boolean): boolean =>
  (!isPod || enforce.level === 'privileged') && audit.level === 'privileged' && warn.level === 'privileged';

/** Labels must mean something; pods that are there and would break the new level are told of, not stopped. */
async function admitNamespace(storage: Storage, request: AdmissionRequest): Promise<void> {
  const { object, old, kind, name } = request;
  const wanted = policyOf((object as Namespace).metadata?.labels);
  if (request.operation === 'CREATE') {
    if (wanted.errors.length > 0) throw invalid(kind.type, name, wanted.errors.map(causeOf));
    return;
  }
  const before = policyOf((old as Namespace).metadata?.labels);
  const message = (errors: typeof wanted.errors): string => JSON.stringify(errors.map(causeOf));
  // What was wrong already does not stand in the way of other changes.
  if (wanted.errors.length > 0 && message(wanted.errors) !== message(before.errors))
    throw invalid(kind.type, name, wanted.errors.map(causeOf));

  const [now, then] = [wanted.policy.enforce, before.policy.enforce];
  if (now.level === 'privileged') return;
  if (now.version === then.version && strictness(now.level) <= strictness(then.level)) return;
  const prefix = `/core/pods/${name}/`;
  const [page, total] = await Promise.all([storage.list({ prefix, limit: MOST_PODS_CHECKED }), storage.count(prefix)]);
  const pods = page.items.map(({ value }) => value as unknown as Pod);
  for (const warning of warningsOf(name, now, pods, total)) request.warn(warning);
}
