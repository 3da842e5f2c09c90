import { rbacEscalation } from '../auth/rbac/escalation.ts';
import type { AdmissionDeps } from './admission-deps.ts';
import type { AdmissionPlugin } from './chain.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificate-requests.ts';
import { claimResize } from './claim-resize.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger/limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction/node-restriction.ts';
import { ownerReferencesPermission } from './owner-references.ts';
import { podSecurity } from './pod-security/pod-security.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './quota/resource-quota.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account.ts';
import { storageObjectInUseProtection } from './storage-object-in-use.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';
import { validatingAdmissionPolicy } from './policy/validating-admission-policy.ts';
import { mutatingWebhooks } from './webhook/mutating.ts';
import { validatingWebhooks } from './webhook/validating.ts';

/** Every plugin, in upstream's order (kubeapiserver/options/plugins.go). */
export const admissionPlugins = (deps: AdmissionDeps): AdmissionPlugin[] => [
  // Upstream asks this in the storage of roles, before any validating plugin.
  rbacEscalation(deps),
  namespaceLifecycle(deps),
  limitRanger(deps.views),
  serviceAccount(deps),
  nodeRestriction(deps),
  taintNodesByCondition,
  podSecurity(deps),
  priority(deps.views),
  defaultTolerationSeconds,
  defaultStorageClass(deps.views),
  storageObjectInUseProtection,
  ownerReferencesPermission(deps),
  claimResize(deps.views),
  runtimeClass(deps.views),
  certificateApproval(deps.authorizer),
  certificateSigning(deps.authorizer),
  certificateSubjectRestriction,
  defaultIngressClass(deps.views),
  mutatingWebhooks(deps),
  validatingAdmissionPolicy(deps),
  validatingWebhooks(deps),
  // Quotas are charged when everybody else has agreed.
  resourceQuota(deps),
];
