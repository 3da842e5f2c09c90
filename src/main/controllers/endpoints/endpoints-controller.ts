import { isDeepStrictEqual } from 'node:util';
import { isNotFound, messageOf } from '../../../shared/api/errors.ts';
import { ENDPOINTS, PODS, SERVICES, type Endpoints, type Service } from '../../../shared/api/kinds.ts';
import { keyOf, nameOf, splitKey } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { isHeadless, isSelecting } from '../slices/pod-endpoints.ts';
import { NAMESPACE_INDEX, namespaceIndexer, podsOfService, servicesOfPod } from '../slices/service-watch.ts';
import { HEADLESS_LABEL, TRIGGER_TIME_ANNOTATION } from '../slices/slice-labels.ts';
import { TriggerTimes } from '../slices/trigger-times.ts';
import { subsetsOf, truncated } from './subsets.ts';

const MANAGED_BY = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

/** Keeps the Endpoints of every Service with a selector, for clients that do not know EndpointSlices. */
export function endpointsController(deps: ControllerDeps): RunningController {
  const { client, events } = deps;
  const services = deps.informers.of(SERVICES);
  const pods = deps.informers.of(PODS);
  const endpoints = deps.informers.of(ENDPOINTS);
  services.addIndex(NAMESPACE_INDEX, namespaceIndexer);
  pods.addIndex(NAMESPACE_INDEX, namespaceIndexer);
  const triggers = new TriggerTimes();

  return new Controller(deps, { name: 'endpoint', reconcile })
    .watch(services, ({ object }) => [keyOf(object)])
    .watch(pods, (change) => servicesOfPod(services, change))
    .watch(endpoints, ({ type, object }) =>
      type === 'deleted' || !services.get(keyOf(object)) ? [keyOf(object)] : [],
    );

  async function reconcile(key: string): Promise<undefined> {
    const service = services.get(key);
    if (!service) {
      triggers.forget(key);
      return removeOwn(key);
    }
    if (!isSelecting(service) || service.metadata?.deletionTimestamp) return;
    const selected = podsOfService(pods, service);
    const subsets = subsetsOf(service, selected);
    const fitting = truncated(subsets);
    const triggerTime = triggers.next(key, service, selected);
    const old = endpoints.get(key);
    const annotations = annotationsOf(old, fitting !== undefined, triggerTime);
    const labels = labelsOf(service);
    const wanted = fitting ?? subsets;
    if (old && isDeepStrictEqual(plain(old.subsets ?? []), wanted) && isDeepStrictEqual(old.metadata?.labels, labels)) {
      return;
    }
    try {
      await write(service, old, { labels, annotations }, wanted);
    } catch (error) {
      const about = { ...service, apiVersion: 'v1', kind: 'Endpoints' };
      const what = old ? 'FailedToUpdateEndpoint' : 'FailedToCreateEndpoint';
      events.event(
        about,
        'Warning',
        what,
        `Failed to ${old ? 'update' : 'create'} endpoint ${key}: ${messageOf(error)}`,
      );
      throw error;
    }
  }

  async function write(
    service: Service,
    old: Endpoints | undefined,
    metadata: { labels: Record<string, string>; annotations: Record<string, string> },
    subsets: NonNullable<Endpoints['subsets']>,
  ): Promise<void> {
    const { namespace } = service.metadata ?? {};
    const object: Endpoints = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...(old ? old.metadata : { name: nameOf(service), namespace: namespace ?? '' }), ...metadata },
      subsets,
    };
    if (old) await client.update(ENDPOINTS, object);
    else await client.create(ENDPOINTS, object);
  }

  /** With its Service, what we made for it goes; what somebody made by hand for one without a selector does too (as upstream). */
  async function removeOwn(key: string): Promise<undefined> {
    const old = endpoints.get(key);
    // Others elect leaders by Endpoints that have no Service.
    if (!old || old.metadata?.annotations?.['control-plane.alpha.kubernetes.io/leader']) return;
    const { namespace, name } = splitKey(key);
    try {
      await client.delete(ENDPOINTS, { name, namespace }, { uid: old.metadata?.uid ?? '' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** Absent and undefined are one. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

function labelsOf(service: Service): Record<string, string> {
  const { [HEADLESS_LABEL]: _, ...labels } = service.metadata?.labels ?? {};
  return { ...labels, ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}), ...MANAGED_BY };
}

function annotationsOf(
  old: Endpoints | undefined,
  overCapacity: boolean,
  triggerTime: string | undefined,
): Record<string, string> {
  const { [TRIGGER_TIME_ANNOTATION]: _, [OVER_CAPACITY]: __, ...annotations } = old?.metadata?.annotations ?? {};
  return {
    ...annotations,
    ...(triggerTime === undefined ? {} : { [TRIGGER_TIME_ANNOTATION]: triggerTime }),
    ...(overCapacity ? { [OVER_CAPACITY]: 'truncated' } : {}),
  };
}
