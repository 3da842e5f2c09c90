import {
  ENDPOINT_SLICES,
  ENDPOINTS,
  SERVICES,
  type Endpoints,
  type EndpointSlice,
  type Service,
} from '../../../shared/api/kinds.ts';
import { keyOf, nameOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { controllerReference } from '../runtime/ownership.ts';
import {
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  SKIP_MIRROR_LABEL,
  TRIGGER_TIME_ANNOTATION,
} from '../slices/slice-labels.ts';
import { planSlices, type SliceTemplate } from '../slices/slice-plan.ts';
import { SliceWriter } from '../slices/slice-writer.ts';
import { mirroredEndpoints } from './mirrored-endpoints.ts';

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const MAX_ENDPOINTS_PER_SLICE = 1000;
const BY_SERVICE = 'mirrored-service';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Endpoints that somebody writes by hand for a Service without a selector, as EndpointSlices: what proxies look at. */
export function endpointSliceMirroringController(deps: ControllerDeps): RunningController {
  const services = deps.informers.of(SERVICES);
  const endpoints = deps.informers.of(ENDPOINTS);
  const slices = deps.informers.of(ENDPOINT_SLICES);
  slices.addIndex(BY_SERVICE, (slice) => serviceKeyOf(slice) ?? []);
  const writer = new SliceWriter(deps.client);

  return new Controller(deps, { name: 'endpointslicemirroring', reconcile })
    .watch(services, ({ object }) => [keyOf(object)])
    .watch(endpoints, ({ object }) => [keyOf(object)])
    .watch(slices, (change) => {
      const [key] = serviceKeyOf(change.object) ?? [];
      if (key === undefined) return [];
      writer.observed(key, change);
      return [key];
    });

  async function reconcile(key: string): Promise<undefined> {
    const source = endpoints.get(key);
    const existing = slices.byIndex(BY_SERVICE, key);
    const namespace = key.split('/')[0] ?? '';
    writer.assertCurrent(key, existing);
    if (!source || !isMirrored(source, services.get(key))) {
      await writer.write(key, namespace, { create: [], update: [], delete: [...existing] });
      return;
    }
    const plan = planSlices(templateOf(source), existing, mirroredEndpoints(source), {
      maxEndpointsPerSlice: MAX_ENDPOINTS_PER_SLICE,
      triggerTime: source.metadata?.annotations?.[TRIGGER_TIME_ANNOTATION],
      placeholder: false,
    });
    await writer.write(key, namespace, plan);
  }
}

function serviceKeyOf({ metadata }: EndpointSlice): string[] | undefined {
  const name = metadata?.labels?.[SERVICE_NAME_LABEL];
  if (!name || metadata?.labels?.[MANAGED_BY_LABEL] !== MANAGER) return undefined;
  return [`${metadata?.namespace ?? ''}/${name}`];
}

/** With a Service that has no selector, and no wish to be left alone (shouldMirror). */
function isMirrored({ metadata }: Endpoints, service: Service | undefined): boolean {
  if (!service || Object.keys(service.spec?.selector ?? {}).length > 0) return false;
  if (metadata?.labels?.[SKIP_MIRROR_LABEL] === 'true' || metadata?.deletionTimestamp) return false;
  return metadata?.annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined;
}

function templateOf(source: Endpoints): SliceTemplate {
  const { [TRIGGER_TIME_ANNOTATION]: _, [LAST_APPLIED]: __, ...annotations } = source.metadata?.annotations ?? {};
  return {
    metadata: {
      generateName: `${nameOf(source)}-`,
      labels: {
        ...source.metadata?.labels,
        [SERVICE_NAME_LABEL]: nameOf(source),
        [MANAGED_BY_LABEL]: MANAGER,
      },
      annotations,
      ownerReferences: [controllerReference(source, ENDPOINTS)],
    },
    addressType: 'IPv4',
  };
}
