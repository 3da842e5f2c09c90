import { isAlreadyExists, isForbidden, isNotFound } from '../../../shared/api/errors.ts';
import { CONFIG_MAPS, NAMESPACES, type ConfigMap } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';

/** Mounted into every pod beside its token. */
const NAME = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
const DESCRIPTION_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Keeps the ConfigMap with the cluster's authority in every active namespace (root-ca-cert-publisher). */
export function rootCaController(deps: ControllerDeps, caCertificate: string): RunningController {
  const { client } = deps;
  const namespaces = deps.informers.of(NAMESPACES);
  const configMaps = deps.informers.of(CONFIG_MAPS);
  const data = { 'ca.crt': caCertificate };

  async function reconcile(name: string): Promise<undefined> {
    const namespace = namespaces.get(name);
    if (!namespace || namespace.status?.phase === 'Terminating' || namespace.metadata?.deletionTimestamp) return;
    const current = configMaps.get(`${name}/${NAME}`);
    if (!current) return create(name);
    if (isGood(current)) return;
    await client.update(CONFIG_MAPS, {
      ...current,
      metadata: {
        ...current.metadata,
        annotations: { ...current.metadata?.annotations, [DESCRIPTION]: DESCRIPTION_TEXT },
      },
      data,
    });
  }

  async function create(namespace: string): Promise<undefined> {
    const metadata = { name: NAME, namespace, annotations: { [DESCRIPTION]: DESCRIPTION_TEXT } };
    try {
      await client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    } catch (error) {
      // It is there already, or the namespace has just gone or is going: either way nothing is missing.
      if (!isAlreadyExists(error) && !isForbidden(error) && !isNotFound(error)) throw error;
    }
  }

  const isGood = (configMap: ConfigMap): boolean =>
    Object.keys(configMap.data ?? {}).join() === 'ca.crt' &&
    configMap.data?.['ca.crt'] === caCertificate &&
    configMap.metadata?.annotations?.[DESCRIPTION] !== undefined;

  return new Controller(deps, { name: 'root-ca-cert-publisher', concurrency: 1, reconcile })
    .watch(namespaces, (change) => (change.type === 'deleted' ? [] : [keyOf(change.object)]))
    .watch(configMaps, ({ type, object }) =>
      object.metadata?.name === NAME && type !== 'added' ? [object.metadata.namespace ?? ''] : [],
    );
}
