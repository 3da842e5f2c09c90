import { isAlreadyExists } from '../../shared/api/errors.ts';
import { INGRESS_CLASS, INGRESS_CONTROLLER } from '../../shared/api/ingress-serving.ts';
import { INGRESS_CLASSES, NAMESPACES, PRIORITY_CLASSES, STORAGE_CLASSES } from '../../shared/api/kinds.ts';
import type { KubeObject } from '../../shared/api/meta.ts';
import { LOCAL_CLASS, LOCAL_PROVISIONER } from '../../shared/api/node-volumes.ts';
import type { Logger } from '../../shared/logger.ts';
import { SYSTEM_NAMESPACES } from './admission/namespace-lifecycle.ts';
import { PolicyTypeChecker } from './admission/policy/type-checker.ts';
import { SYSTEM_PRIORITY_CLASSES } from './admission/system-priority-classes.ts';
import { bootstrapRoles } from './auth/rbac/bootstrap/bootstrap-hook.ts';
import { MASTERS_GROUP, type UserInfo } from './auth/user.ts';
import { ApiServiceController } from './custom/api-service-controller.ts';
import { DefinitionController } from './custom/definition-controller.ts';
import type { RegistryContext } from './registry/context.ts';
import { createObject } from './registry/create.ts';

/** The API server's own identity, for what it does without being asked. */
export const SELF: UserInfo = { name: 'system:apiserver', groups: [MASTERS_GROUP] };

/** Something the server does when it starts; what it returns is called when the server stops. */
export interface PostStartHook {
  /** Upstream's name of the hook where it has one. */
  name: string;
  start(registry: RegistryContext, log: Logger): Promise<(() => Promise<void> | void) | undefined>;
}

/** In this order, each after the one before is done, before the first request is answered. */
export const POST_START_HOOKS: readonly PostStartHook[] = [
  { name: 'start-system-namespaces-controller', start: createSystemNamespaces },
  { name: 'scheduling/bootstrap-system-priority-classes', start: createSystemPriorityClasses },
  { name: 'wheelhouse/ingress-class', start: createIngressClass },
  { name: 'wheelhouse/storage-class', start: createStorageClass },
  { name: 'rbac/bootstrap-roles', start: createDefaultRoles },
  { name: 'crd-informer-synced', start: serveCustomResources },
  { name: 'kube-apiserver-autoregistration', start: registerApiServices },
  { name: 'wheelhouse/admission-policy-status', start: checkAdmissionPolicies },
];

/** The class that machines serve; it is the default, as in k3s, until somebody says otherwise. */
async function createIngressClass(registry: RegistryContext): Promise<undefined> {
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
  const item = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: INGRESS_CLASS, annotations },
    spec: { controller: INGRESS_CONTROLLER },
  };
  await createIfAbsent(registry, '', item, INGRESS_CLASSES);
}

/** The class of claims that name none: directories of nodes, as in k3s. They cannot grow, for nothing limits them. */
async function createStorageClass(registry: RegistryContext): Promise<undefined> {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  const item = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: LOCAL_CLASS, annotations },
    provisioner: LOCAL_PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  };
  await createIfAbsent(registry, '', item, STORAGE_CLASSES);
}

async function createDefaultRoles(registry: RegistryContext): Promise<undefined> {
  await bootstrapRoles(registry, SELF);
}

async function checkAdmissionPolicies(registry: RegistryContext, log: Logger): Promise<() => Promise<void>> {
  const checker = new PolicyTypeChecker(registry, SELF, log);
  await checker.start();
  return () => checker.close();
}

async function registerApiServices(registry: RegistryContext, log: Logger): Promise<() => Promise<void>> {
  const controller = new ApiServiceController(registry, SELF, log);
  await controller.start();
  return () => controller.close();
}

async function serveCustomResources(registry: RegistryContext, log: Logger): Promise<() => Promise<void>> {
  const controller = new DefinitionController(registry, SELF, log);
  await controller.start();
  return () => controller.close();
}

async function createSystemNamespaces(registry: RegistryContext): Promise<undefined> {
  for (const name of SYSTEM_NAMESPACES)
    await createIfAbsent(registry, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, NAMESPACES);
}

async function createSystemPriorityClasses(registry: RegistryContext): Promise<undefined> {
  for (const item of SYSTEM_PRIORITY_CLASSES)
    await createIfAbsent(registry, '', structuredClone(item), PRIORITY_CLASSES);
}

/** Creates an object of the server's own unless one of that name is there. */
export async function createIfAbsent(
  registry: RegistryContext,
  namespace: string,
  object: KubeObject,
  type: { group: string; version: string; plural: string },
): Promise<void> {
  const kind = registry.catalog.find(type.group, type.version, type.plural);
  if (!kind) throw new Error(`${type.plural} are not served`);
  const target = { kind, namespace, name: object.metadata?.name ?? '', user: SELF };
  try {
    await createObject(registry, target, object, { dryRun: false });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
