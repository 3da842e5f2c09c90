import type { KubeObject } from '../../shared/api/meta.ts';
import type { KindDefinition } from './definition.ts';
import { bindingKind } from './kinds/binding.ts';
import { certificateSigningRequestKind } from './kinds/certificate-signing-request.ts';
import {
  localSubjectAccessReviewKind,
  selfSubjectAccessReviewKind,
  selfSubjectReviewKind,
  selfSubjectReviewV1Beta1Kind,
  selfSubjectRulesReviewKind,
  subjectAccessReviewKind,
} from './kinds/access-reviews.ts';
import { apiServiceKind } from './kinds/api-service.ts';
import { configMapKind } from './kinds/config-map.ts';
import { controllerRevisionKind } from './kinds/controller-revision.ts';
import { cronJobKind } from './kinds/cron-job.ts';
import { csiDriverKind } from './kinds/csi-driver.ts';
import { csiNodeKind } from './kinds/csi-node.ts';
import { customResourceDefinitionKind } from './kinds/custom-resource-definition.ts';
import { daemonSetKind } from './kinds/daemon-set.ts';
import { deploymentKind } from './kinds/deployment.ts';
import { endpointSliceKind } from './kinds/endpoint-slice.ts';
import { endpointsKind } from './kinds/endpoints.ts';
import { eventV1Kind } from './kinds/event-v1.ts';
import { eventKind } from './kinds/event.ts';
import { horizontalPodAutoscalerV1Kind } from './kinds/horizontal-pod-autoscaler-v1.ts';
import { horizontalPodAutoscalerKind } from './kinds/horizontal-pod-autoscaler.ts';
import { ingressClassKind } from './kinds/ingress-class.ts';
import { ingressKind } from './kinds/ingress.ts';
import { ipAddressKind } from './kinds/ip-address.ts';
import { jobKind } from './kinds/job.ts';
import { leaseKind } from './kinds/lease.ts';
import { limitRangeKind } from './kinds/limit-range.ts';
import { machineKind } from './kinds/machine.ts';
import { nodeMetricsKind, podMetricsKind } from './kinds/metrics.ts';
import { namespaceKind } from './kinds/namespace.ts';
import { networkPolicyKind } from './kinds/network-policy.ts';
import { nodeKind } from './kinds/node.ts';
import { persistentVolumeClaimKind } from './kinds/persistent-volume-claim.ts';
import { persistentVolumeKind } from './kinds/persistent-volume.ts';
import { podDisruptionBudgetKind } from './kinds/pod-disruption-budget.ts';
import { podTemplateKind } from './kinds/pod-template.ts';
import { podKind } from './kinds/pod.ts';
import { priorityClassKind } from './kinds/priority-class.ts';
import { clusterRoleBindingKind, clusterRoleKind, roleBindingKind, roleKind } from './kinds/rbac.ts';
import { replicaSetKind } from './kinds/replica-set.ts';
import { replicationControllerKind } from './kinds/replication-controller.ts';
import { resourceQuotaKind } from './kinds/resource-quota.ts';
import { runtimeClassKind } from './kinds/runtime-class.ts';
import { secretKind } from './kinds/secret.ts';
import { serviceAccountKind } from './kinds/service-account.ts';
import { serviceCidrKind } from './kinds/service-cidr.ts';
import { serviceKind } from './kinds/service.ts';
import { statefulSetKind } from './kinds/stateful-set.ts';
import { storageClassKind } from './kinds/storage-class.ts';
import { tokenReviewKind } from './kinds/token-review.ts';
import {
  validatingAdmissionPolicyBindingKind,
  validatingAdmissionPolicyKind,
} from './kinds/validating-admission-policy.ts';
import { volumeAttachmentKind } from './kinds/volume-attachment.ts';
import { volumeAttributesClassKind } from './kinds/volume-attributes-class.ts';
import { mutatingWebhookConfigurationKind, validatingWebhookConfigurationKind } from './kinds/webhook-configuration.ts';

/**
 * The server handles objects of any kind and hands each only to its own kind's functions, so what those functions know
 * of their objects can be forgotten here.
 */
const kind = <T extends KubeObject>(definition: KindDefinition<T>): KindDefinition =>
  definition as unknown as KindDefinition;

/** Every kind we serve, in the order discovery lists them. */
export const KINDS: readonly KindDefinition[] = [
  kind(bindingKind),
  kind(configMapKind),
  kind(endpointsKind),
  kind(eventKind),
  kind(limitRangeKind),
  kind(namespaceKind),
  kind(nodeKind),
  kind(persistentVolumeClaimKind),
  kind(persistentVolumeKind),
  kind(podKind),
  kind(podTemplateKind),
  kind(replicationControllerKind),
  kind(resourceQuotaKind),
  kind(secretKind),
  kind(serviceAccountKind),
  kind(serviceKind),
  kind(controllerRevisionKind),
  kind(daemonSetKind),
  kind(deploymentKind),
  kind(replicaSetKind),
  kind(statefulSetKind),
  kind(horizontalPodAutoscalerKind),
  kind(horizontalPodAutoscalerV1Kind),
  kind(jobKind),
  kind(cronJobKind),
  kind(endpointSliceKind),
  kind(eventV1Kind),
  kind(tokenReviewKind),
  kind(certificateSigningRequestKind),
  kind(selfSubjectReviewKind),
  kind(selfSubjectReviewV1Beta1Kind),
  kind(selfSubjectAccessReviewKind),
  kind(selfSubjectRulesReviewKind),
  kind(subjectAccessReviewKind),
  kind(localSubjectAccessReviewKind),
  kind(leaseKind),
  kind(ingressKind),
  kind(ingressClassKind),
  kind(ipAddressKind),
  kind(networkPolicyKind),
  kind(serviceCidrKind),
  kind(runtimeClassKind),
  kind(podDisruptionBudgetKind),
  kind(roleKind),
  kind(clusterRoleKind),
  kind(roleBindingKind),
  kind(clusterRoleBindingKind),
  kind(priorityClassKind),
  kind(storageClassKind),
  kind(csiDriverKind),
  kind(csiNodeKind),
  kind(volumeAttachmentKind),
  kind(volumeAttributesClassKind),
  kind(mutatingWebhookConfigurationKind),
  kind(validatingWebhookConfigurationKind),
  kind(validatingAdmissionPolicyKind),
  kind(validatingAdmissionPolicyBindingKind),
  kind(customResourceDefinitionKind),
  kind(apiServiceKind),
  kind(nodeMetricsKind),
  kind(podMetricsKind),
  kind(machineKind),
];
