import { randomSuffix } from '../../../shared/api/hash.ts';
import { PODS, SERVICE_ACCOUNTS, type Pod, type ServiceAccount } from '../../../shared/api/kinds.ts';
import { messageOf, notFound } from '../../../shared/api/errors.ts';
import { referencesOf } from '../auth/pod-references.ts';
import { asObject } from '../registry/as-object.ts';
import { keyFor } from '../registry/keys.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';
import { addApiAccess } from './api-access-volume.ts';
import { ephemeralSecretViolation, secretViolation } from './mountable-secrets.ts';
import type { AdmissionDeps } from './admission-deps.ts';
import { refused } from './refuse.ts';

const DEFAULT = 'default';
const MIRROR = 'kubernetes.io/config.mirror';
const ENFORCE_MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets';
/** A namespace's `default` account follows the namespace itself: pods made in between wait for it (upstream: 10 × 100-200 ms). */
const DEFAULT_WAIT_MS = 1500;

/** What Go's strconv.ParseBool takes for true. */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

type Deps = Pick<AdmissionDeps, 'views' | 'storage' | 'catalog' | 'random'>;

/**
 * Every pod runs as a ServiceAccount that exists, has its token and its pull secrets, and (where the account says so)
 * uses no Secrets but the account's (plugin/pkg/admission/serviceaccount).
 */
export function serviceAccount(deps: Deps): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    async mutate(request) {
      if (!isPod(request) || request.operation !== 'CREATE' || request.subresource !== '') return;
      const pod = request.object as Pod;
      if (!pod.spec || isMirror(pod)) return;
      // `serviceAccount` is the old name of the field, which upstream keeps equal.
      pod.spec.serviceAccountName ||= pod.spec.serviceAccount || DEFAULT;
      pod.spec.serviceAccount = pod.spec.serviceAccountName;
      const account = await accountOf(deps, request, pod);
      const wantsToken = pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
      if (wantsToken) addApiAccess(pod.spec, () => randomSuffix(deps.random));
      if ((pod.spec.imagePullSecrets ?? []).length === 0 && account.imagePullSecrets?.length)
        pod.spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => (name === undefined ? {} : { name }));
    },
    async validate(request) {
      if (!isPod(request)) return;
      const pod = request.object as Pod;
      if (request.operation === 'UPDATE' && request.subresource === 'ephemeralcontainers')
        return limitSecrets(request, await accountOf(deps, request, pod), ephemeralSecretViolation, pod);
      if (request.operation !== 'CREATE' || request.subresource !== '') return;
      if (isMirror(pod)) return limitMirror(request, pod);
      if (!pod.spec?.serviceAccountName)
        throw refused(request, `no service account specified for pod ${request.namespace}/${request.name}`);
      limitSecrets(request, await accountOf(deps, request, pod), secretViolation, pod);
    },
  };
}

const isPod = ({ kind: { type } }: AdmissionRequest): boolean => type.group === '' && type.plural === PODS.plural;
const isMirror = (pod: Pod): boolean => pod.metadata?.annotations?.[MIRROR] !== undefined;

/** The account the pod runs as. Throws Forbidden when there is none, in upstream's words. */
async function accountOf(deps: Deps, request: AdmissionRequest, pod: Pod): Promise<ServiceAccount> {
  const name = pod.spec?.serviceAccountName ?? '';
  const account = await find(deps, request.namespace, name);
  if (account) return account;
  const why = messageOf(notFound({ group: '', plural: 'serviceaccount' }, name));
  throw refused(request, `error looking up service account ${request.namespace}/${name}: ${why}`);
}

async function find(deps: Deps, namespace: string, name: string): Promise<ServiceAccount | undefined> {
  const view = await deps.views.of(SERVICE_ACCOUNTS);
  const known = view.get(namespace, name) ?? (await stored(deps, namespace, name));
  if (known || name !== DEFAULT) return known;
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      stop();
      resolve(view.get(namespace, name));
    };
    const timer = setTimeout(finish, DEFAULT_WAIT_MS);
    const stop = view.onChange(() => {
      if (view.get(namespace, name)) finish();
    });
  });
}

/** Another control plane may have written it a moment ago. */
async function stored(deps: Deps, namespace: string, name: string): Promise<ServiceAccount | undefined> {
  const kind = deps.catalog.find(SERVICE_ACCOUNTS.group, SERVICE_ACCOUNTS.version, SERVICE_ACCOUNTS.plural);
  const found = kind && (await deps.storage.get(keyFor(kind, namespace, name)));
  return found && (asObject(found.value) as ServiceAccount);
}

function limitSecrets(
  request: AdmissionRequest,
  account: ServiceAccount,
  violationOf: (account: ServiceAccount, pod: Pod) => string | undefined,
  pod: Pod,
): void {
  if (!TRUE.has(account.metadata?.annotations?.[ENFORCE_MOUNTABLE] ?? '')) return;
  const violation = violationOf(account, pod);
  if (violation !== undefined) throw refused(request, violation);
}

/** A kubelet made it from a file: the API cannot hand it anything. */
function limitMirror(request: AdmissionRequest, pod: Pod): void {
  if (pod.spec?.serviceAccountName) throw refused(request, 'a mirror pod may not reference service accounts');
  if (referencesOf(pod.spec ? { spec: pod.spec } : {}).secrets.size > 0)
    throw refused(request, 'a mirror pod may not reference secrets');
  const projectsToken = pod.spec?.volumes?.some(({ projected }) =>
    projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
  );
  if (projectsToken) throw refused(request, 'a mirror pod may not use ServiceAccountToken volume projections');
}
