import {
  ENDPOINT_SLICES,
  NODES,
  PODS,
  SERVICES,
  type EndpointSlice,
  type Node,
  type Service,
} from '../../../shared/api/kinds.ts';
import { controllerOf, keyOf, nameOf } from '../../../shared/api/meta.ts';
import type { Change } from '../../../shared/client/informer.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { controllerReference } from '../runtime/ownership.ts';
import { isHeadless, isSelecting } from '../slices/pod-endpoints.ts';
import { NAMESPACE_INDEX, namespaceIndexer, podsOfService, servicesOfPod } from '../slices/service-watch.ts';
import { HEADLESS_LABEL, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../slices/slice-labels.ts';
import { planSlices, type SliceTemplate } from '../slices/slice-plan.ts';
import { SliceWriter } from '../slices/slice-writer.ts';
import { TriggerTimes } from '../slices/trigger-times.ts';
import { desiredEndpoints } from './desired-endpoints.ts';

export const ENDPOINT_SLICE_MANAGER = 'endpointslice-controller.k8s.io';
/** Upstream's --max-endpoints-per-slice. */
const MAX_ENDPOINTS_PER_SLICE = 100;
const BY_SERVICE = 'managed-service';
const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** Keeps the EndpointSlices of every Service with a selector as its pods are. */
export function endpointSliceController(deps: ControllerDeps): RunningController {
  const { client } = deps;
  const services = deps.informers.of(SERVICES);
  const pods = deps.informers.of(PODS);
  const nodes = deps.informers.of(NODES);
  const slices = deps.informers.of(ENDPOINT_SLICES);
  services.addIndex(NAMESPACE_INDEX, namespaceIndexer);
  pods.addIndex(NAMESPACE_INDEX, namespaceIndexer);
  slices.addIndex(BY_SERVICE, (slice) => serviceKeyOf(slice) ?? []);
  const writer = new SliceWriter(client);
  const triggers = new TriggerTimes();

  return new Controller(deps, { name: 'endpointslice', reconcile })
    .watch(services, ({ object }) => [keyOf(object)])
    .watch(pods, (change) => servicesOfPod(services, change))
    .watch(nodes, (change) => (zoneChanged(change) ? services.list().filter(isSelecting).map(keyOf) : []))
    .watch(slices, (change) => {
      const [key] = serviceKeyOf(change.object) ?? [];
      if (key === undefined) return [];
      writer.observed(key, change);
      return [key];
    });

  async function reconcile(key: string): Promise<undefined> {
    const service = services.get(key);
    if (!service) {
      // The garbage collector takes its slices.
      writer.forget(key);
      triggers.forget(key);
      return;
    }
    if (!isSelecting(service) || service.metadata?.deletionTimestamp) return;
    const existing = slices.byIndex(BY_SERVICE, key);
    writer.assertCurrent(key, existing);
    const selected = podsOfService(pods, service);
    const groups = desiredEndpoints(service, selected, (name) => nodes.get(name));
    const own = existing.filter((slice) => controllerOf(slice)?.uid === service.metadata?.uid);
    const plan = planSlices(templateOf(service), own, groups, {
      maxEndpointsPerSlice: MAX_ENDPOINTS_PER_SLICE,
      triggerTime: triggers.next(key, service, selected),
      placeholder: true,
    });
    // Those of an earlier Service of the same name.
    plan.delete.push(...existing.filter((slice) => !own.includes(slice)));
    await writer.write(key, service.metadata?.namespace ?? '', plan);
  }
}

function serviceKeyOf({ metadata }: EndpointSlice): string[] | undefined {
  const name = metadata?.labels?.[SERVICE_NAME_LABEL];
  if (!name || metadata?.labels?.[MANAGED_BY_LABEL] !== ENDPOINT_SLICE_MANAGER) return undefined;
  return [`${metadata?.namespace ?? ''}/${name}`];
}

/** A node that came counts as well: its pods may have been left out for want of it. */
function zoneChanged(change: Change<Node>): boolean {
  if (change.type !== 'updated') return true;
  return change.old.metadata?.labels?.[ZONE_LABEL] !== change.object.metadata?.labels?.[ZONE_LABEL];
}

function templateOf(service: Service): SliceTemplate {
  const { [HEADLESS_LABEL]: _, ...labels } = service.metadata?.labels ?? {};
  return {
    metadata: {
      generateName: `${nameOf(service)}-`,
      labels: {
        ...labels,
        ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
        [SERVICE_NAME_LABEL]: nameOf(service),
        [MANAGED_BY_LABEL]: ENDPOINT_SLICE_MANAGER,
      },
      ownerReferences: [controllerReference(service, SERVICES)],
    },
    addressType: 'IPv4',
  };
}
