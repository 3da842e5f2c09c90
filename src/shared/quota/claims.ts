import { largerAmount, parseAmount, roundedUp, wholeAmount, type Amount } from '../api/amount.ts';
import type { PersistentVolumeClaim } from '../api/kinds.ts';
import { matchesValue, type Evaluator } from './evaluator.ts';

const RESOURCES = ['persistentvolumeclaims', 'requests.storage'];
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';
const ONE = wholeAmount(1);

/** The class of a claim, by its field or the annotation that came before it (GetPersistentVolumeClaimClass). */
export const claimClass = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';

/** Claims and their storage, in all and by storage class (evaluator/core/persistent_volume_claims.go). */
export const claimEvaluator: Evaluator<PersistentVolumeClaim> = {
  type: { group: '', plural: 'persistentvolumeclaims' },
  // A claim can grow, and what it was given is told in its status.
  handles: ({ operation, subresource, object, old }) => {
    if (subresource === 'status') return allocated(object) !== allocated(old);
    return subresource === '' && (operation === 'CREATE' || operation === 'UPDATE');
  },
  matchingResources: (names) =>
    names.filter(
      (name) =>
        name === 'count/persistentvolumeclaims' ||
        RESOURCES.some((resource) => name === resource || name.endsWith(CLASS_SUFFIX + resource)),
    ),
  matchesScope: (scope, claim) => {
    if (scope.scopeName !== 'VolumeAttributesClass') return false;
    const names = attributesClasses(claim);
    return names.length === 0 ? matchesValue(scope, undefined) : names.some((name) => matchesValue(scope, name));
  },
  constraint: () => undefined,
  usage: (claim) => {
    const usage = new Map<string, Amount>([
      ['persistentvolumeclaims', ONE],
      ['count/persistentvolumeclaims', ONE],
    ]);
    const storageClass = claimClass(claim);
    const storage = storageOf(claim);
    if (storageClass) usage.set(`${storageClass}${CLASS_SUFFIX}persistentvolumeclaims`, ONE);
    if (storage) usage.set('requests.storage', storage);
    if (storage && storageClass) usage.set(`${storageClass}${CLASS_SUFFIX}requests.storage`, storage);
    return usage;
  },
};

const allocated = (claim: PersistentVolumeClaim | undefined): string | undefined =>
  claim?.status?.allocatedResources?.['storage'];

/** What is asked for, or what was given if that is more, in whole bytes. */
function storageOf(claim: PersistentVolumeClaim): Amount | undefined {
  const wanted = parseAmount(claim.spec?.resources?.requests?.['storage'] ?? '');
  const given = parseAmount(allocated(claim) ?? '');
  if (!wanted) return undefined;
  return roundedUp(given ? largerAmount(wanted, given) : wanted);
}

const attributesClasses = ({ spec, status }: PersistentVolumeClaim): string[] =>
  [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].flatMap((name) => (name ? [name] : []));
