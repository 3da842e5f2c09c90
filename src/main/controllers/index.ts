import type { ApiClient } from '../../shared/client/api-client.ts';
import { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { SharedInformers } from '../../shared/client/shared-informers.ts';
import { messageOf } from '../../shared/api/errors.ts';
import type { NodeVolumes } from '../../shared/api/node-volumes.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { clusterRoleAggregationController } from './cluster-role-aggregation/cluster-role-aggregation-controller.ts';
import { certificateApprovingController } from './certificates/approving-controller.ts';
import { certificateCleaner } from './certificates/cleaner.ts';
import { certificateSigningController } from './certificates/signing-controller.ts';
import { deploymentController } from './deployment/deployment-controller.ts';
import { endpointSliceController } from './endpoint-slice/endpoint-slice-controller.ts';
import { endpointSliceMirroringController } from './endpoint-slice-mirroring/endpoint-slice-mirroring-controller.ts';
import { endpointsController } from './endpoints/endpoints-controller.ts';
import { disruptionController } from './disruption/disruption-controller.ts';
import { staleDisruptionController } from './disruption/stale-disruption-controller.ts';
import { ephemeralVolumeController } from './ephemeral-volume/ephemeral-volume-controller.ts';
import { garbageCollector } from './garbage-collector/garbage-collector.ts';
import { ingressStatusController } from './ingress-status/ingress-status-controller.ts';
import { localProvisioner } from './local-provisioner/local-provisioner.ts';
import { namespaceController } from './namespace/namespace-controller.ts';
import { nodeIpamController, type NodeIpamOptions } from './node-ipam/node-ipam-controller.ts';
import { nodeLifecycleController } from './node-lifecycle/node-lifecycle-controller.ts';
import type { NodeLifecycleOptions } from './node-lifecycle/options.ts';
import { persistentVolumeBinder } from './persistent-volume-binder/persistent-volume-binder.ts';
import { podGcController } from './pod-gc/pod-gc-controller.ts';
import { pvProtectionController } from './pv-protection/pv-protection-controller.ts';
import { pvcProtectionController } from './pvc-protection/pvc-protection-controller.ts';
import { replicaSetController } from './replicaset/replicaset-controller.ts';
import { resourceQuotaController } from './resource-quota/resource-quota-controller.ts';
import { rootCaController } from './root-ca/root-ca-controller.ts';
import type { Credentials } from './runtime/credentials.ts';
import type { ControllerDeps, RunningController } from './runtime/dependencies.ts';
import { serviceAccountController } from './service-account/service-account-controller.ts';
import { tokensController } from './service-account-tokens/tokens-controller.ts';
import { serviceCidrController } from './service-cidrs/service-cidr-controller.ts';
import { serviceLbController } from './service-lb/service-lb-controller.ts';

export interface ControllersDeps {
  /** A client that writes under this name (`deployment-controller` …): its field manager and its events' component. */
  client(name: string): ApiClient;
  /** Shared with whoever else watches; started here, stopped by its owner. */
  informers: SharedInformers;
  /** What the cluster's authority does for controllers. */
  credentials: Credentials;
  /** What agents keep on their machines for volumes. */
  nodeVolumes: NodeVolumes;
  clock: Clock;
  log: Logger;
}

export interface ControllersOptions {
  nodeLifecycle?: NodeLifecycleOptions;
  nodeIpam?: NodeIpamOptions;
}

type MakeController = (
  deps: ControllerDeps,
  options: ControllersOptions,
  credentials: Credentials,
  nodeVolumes: NodeVolumes,
) => RunningController;

/** Every controller, by the name upstream's events and user agents carry. */
const CONTROLLERS: Record<string, MakeController> = {
  'deployment-controller': (deps) => deploymentController(deps),
  'replicaset-controller': (deps) => replicaSetController(deps),
  'namespace-controller': (deps) => namespaceController(deps),
  'garbage-collector-controller': (deps) => garbageCollector(deps),
  'node-controller': (deps, options) => nodeLifecycleController(deps, options.nodeLifecycle),
  cidrAllocator: (deps, options) => nodeIpamController(deps, options.nodeIpam),
  'service-account-controller': (deps) => serviceAccountController(deps),
  'tokens-controller': (deps, _options, credentials) => tokensController(deps, credentials),
  'root-ca-cert-publisher': (deps, _options, { caCertificate }) => rootCaController(deps, caCertificate),
  'certificate-controller': (deps, _options, credentials) => certificateSigningController(deps, credentials),
  'certificate-approver': (deps, _options, credentials) => certificateApprovingController(deps, credentials),
  'certificate-cleaner': (deps) => certificateCleaner(deps),
  'clusterrole-aggregation-controller': (deps) => clusterRoleAggregationController(deps),
  'pod-garbage-collector': (deps) => podGcController(deps),
  'endpoint-controller': (deps) => endpointsController(deps),
  'endpoint-slice-controller': (deps) => endpointSliceController(deps),
  'endpoint-slice-mirroring-controller': (deps) => endpointSliceMirroringController(deps),
  'service-lb-controller': (deps) => serviceLbController(deps),
  'service-cidr-controller': (deps) => serviceCidrController(deps),
  'ingress-status-controller': (deps) => ingressStatusController(deps),
  'resourcequota-controller': (deps) => resourceQuotaController(deps),
  'disruption-controller': (deps) => disruptionController(deps),
  'stale-pod-disruption-controller': (deps) => staleDisruptionController(deps),
  'persistentvolume-protection-controller': (deps) => pvProtectionController(deps),
  'persistentvolumeclaim-protection-controller': (deps) => pvcProtectionController(deps),
  'persistentvolume-controller': (deps) => persistentVolumeBinder(deps),
  ephemeral_volume: (deps) => ephemeralVolumeController(deps),
  'wheelhouse.dev/local-path': (deps, _options, _credentials, nodeVolumes) => localProvisioner(deps, nodeVolumes),
};

/**
 * Starts all controllers and resolves when their caches are filled and they are at work. The informers must outlive
 * them. `stop` resolves when no reconcile is running any more and all events are written.
 */
export async function startControllers(
  deps: ControllersDeps,
  options: ControllersOptions = {},
): Promise<{ stop(): Promise<void> }> {
  const recorders: EventRecorder[] = [];
  const running = Object.entries(CONTROLLERS).map(([name, make]) => {
    const client = deps.client(name);
    const events = new EventRecorder(client, {
      component: name,
      now: () => new Date(deps.clock.now()),
      onError: (error) => deps.log.warn({ controller: name, err: messageOf(error) }, 'writing an event failed'),
    });
    recorders.push(events);
    const { informers, clock, log } = deps;
    return make({ client, events, informers, clock, log }, options, deps.credentials, deps.nodeVolumes);
  });
  await deps.informers.start();
  for (const controller of running) controller.start();
  return {
    stop: async () => {
      await Promise.all(running.map((controller) => controller.stop()));
      await Promise.all(recorders.map((recorder) => recorder.flush()));
    },
  };
}
