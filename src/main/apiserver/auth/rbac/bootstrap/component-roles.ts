import type { ClusterRole, ClusterRoleBinding } from '../../../../../shared/api/kinds.ts';
import type { PolicyRule } from '../policy-rule.ts';
import { clusterBinding, clusterRole, EVENTS, group, READ, rule, serviceAccount, urls, user } from './words.ts';

/** The roles of Kubernetes' own components (bootstrappolicy/policy.go). */

const CERTIFICATES = 'certificates.k8s.io';
const STORAGE = 'storage.k8s.io';
const REVIEW_TOKENS = rule('create', 'authentication.k8s.io', 'tokenreviews');
const REVIEW_ACCESS = rule('create', 'authorization.k8s.io', 'subjectaccessreviews');

/** Who may approve requests for the certificates of one signer. */
const approver = (name: string, signer = name): ClusterRole =>
  clusterRole(`system:certificates.k8s.io:${name}-approver`, [
    rule('approve', CERTIFICATES, 'signers', `kubernetes.io/${signer}`),
  ]);

/** What a kubelet may do; the Node authorizer cuts it down to its own objects (bootstrappolicy.NodeRules). */
export const NODE_RULES: readonly PolicyRule[] = [
  REVIEW_TOKENS,
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews localsubjectaccessreviews'),
  rule(READ, 'core', 'services'),
  rule(`create ${READ}`, 'core', 'nodes'),
  rule('update patch', 'core', 'nodes/status'),
  rule('update patch', 'core', 'nodes'),
  rule('create update patch', 'core', 'events'),
  rule(READ, 'core', 'pods'),
  rule('create delete', 'core', 'pods'),
  rule('update patch', 'core', 'pods/status'),
  rule('create', 'core', 'pods/eviction'),
  rule(READ, 'core', 'secrets configmaps'),
  rule('get', 'core', 'persistentvolumeclaims persistentvolumes'),
  rule('get', 'core', 'endpoints'),
  rule(`create ${READ}`, CERTIFICATES, 'certificatesigningrequests'),
  rule('get create update patch delete', 'coordination.k8s.io', 'leases'),
  rule('get', STORAGE, 'volumeattachments'),
  rule('create', 'core', 'serviceaccounts/token'),
  rule('get update patch', 'core', 'persistentvolumeclaims/status'),
  rule(READ, STORAGE, 'csidrivers'),
  rule('get create update patch delete', STORAGE, 'csinodes'),
  rule(READ, 'node.k8s.io', 'runtimeclasses'),
  rule('get', 'resource.k8s.io', 'resourceclaims'),
  rule('deletecollection', 'resource.k8s.io', 'resourceslices'),
  rule('get', 'core', 'serviceaccounts'),
];

export const COMPONENT_ROLES: readonly ClusterRole[] = [
  clusterRole('system:node', [...NODE_RULES]),
  clusterRole('system:node-proxier', [
    rule('list watch', 'core', 'services endpoints'),
    rule(READ, 'core', 'nodes'),
    EVENTS,
    rule('list watch', 'networking.k8s.io', 'servicecidrs'),
    rule('list watch', 'discovery.k8s.io', 'endpointslices'),
  ]),
  clusterRole('system:node-problem-detector', [
    rule('get', 'core', 'nodes'),
    rule('patch', 'core', 'nodes/status'),
    EVENTS,
  ]),
  clusterRole('system:node-bootstrapper', [rule(`create ${READ}`, CERTIFICATES, 'certificatesigningrequests')]),
  clusterRole('system:kubelet-api-admin', [
    rule(READ, 'core', 'nodes'),
    rule('proxy', 'core', 'nodes'),
    rule('*', 'core', 'nodes/proxy nodes/metrics nodes/stats nodes/log'),
    rule('*', 'core', 'nodes/configz nodes/healthz nodes/pods'),
  ]),
  clusterRole('system:auth-delegator', [REVIEW_TOKENS, REVIEW_ACCESS]),
  clusterRole('system:kube-aggregator', [rule(READ, 'core', 'services endpoints')]),
  clusterRole('system:heapster', [
    rule(READ, 'core', 'events pods nodes namespaces'),
    rule(READ, 'extensions', 'deployments'),
  ]),
  clusterRole('system:kube-dns', [rule('list watch', 'core', 'endpoints services')]),
  clusterRole('system:service-account-issuer-discovery', [
    urls('/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/'),
  ]),
  clusterRole('system:kube-controller-manager', [
    EVENTS,
    rule('create', 'coordination.k8s.io', 'leases'),
    rule('get update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
    rule('create', 'core', 'secrets serviceaccounts'),
    rule('delete', 'core', 'secrets'),
    rule('get', 'core', 'namespaces secrets serviceaccounts configmaps'),
    rule('update', 'core', 'secrets serviceaccounts'),
    REVIEW_TOKENS,
    REVIEW_ACCESS,
    rule('list watch', '*', '*'),
    rule('create', 'core', 'serviceaccounts/token'),
  ]),
  clusterRole('system:kube-scheduler', [
    EVENTS,
    rule('create', 'coordination.k8s.io', 'leases'),
    rule(`update ${READ}`, 'coordination.k8s.io', 'leases', 'kube-scheduler'),
    rule(READ, 'core', 'nodes'),
    rule(`delete ${READ}`, 'core', 'pods'),
    rule('create', 'core', 'pods/binding bindings'),
    rule('patch update', 'core', 'pods/status'),
    rule(READ, 'core', 'services replicationcontrollers'),
    rule(READ, 'apps extensions', 'replicasets'),
    rule(READ, 'apps', 'statefulsets'),
    rule(READ, 'policy', 'poddisruptionbudgets'),
    rule(READ, 'core', 'persistentvolumeclaims persistentvolumes'),
    REVIEW_TOKENS,
    REVIEW_ACCESS,
    rule(READ, STORAGE, 'csinodes'),
    rule(READ, STORAGE, 'volumeattachments'),
    rule(READ, 'core', 'namespaces'),
    rule(READ, STORAGE, 'csidrivers'),
    rule(READ, STORAGE, 'csistoragecapacities'),
    rule(READ, 'resource.k8s.io', 'deviceclasses'),
    rule(`update patch ${READ}`, 'resource.k8s.io', 'resourceclaims'),
    rule(`update patch ${READ}`, 'resource.k8s.io', 'resourceclaims/status'),
    rule(`update patch ${READ}`, 'core', 'pods/finalizers'),
    rule(READ, 'resource.k8s.io', 'resourceslices'),
  ]),
  clusterRole('system:volume-scheduler', [
    rule(`update patch ${READ}`, 'core', 'persistentvolumes'),
    rule(READ, STORAGE, 'storageclasses'),
    rule(`update patch ${READ}`, 'core', 'persistentvolumeclaims'),
  ]),
  clusterRole('system:persistent-volume-provisioner', [
    rule(`create delete ${READ}`, 'core', 'persistentvolumes'),
    rule(`update ${READ}`, 'core', 'persistentvolumeclaims'),
    rule(READ, STORAGE, 'storageclasses'),
    rule('watch', 'core', 'events'),
    EVENTS,
  ]),
  clusterRole('system:certificates.k8s.io:certificatesigningrequests:nodeclient', [
    rule('create', CERTIFICATES, 'certificatesigningrequests/nodeclient'),
  ]),
  clusterRole('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', [
    rule('create', CERTIFICATES, 'certificatesigningrequests/selfnodeclient'),
  ]),
  approver('legacy-unknown'),
  approver('kubelet-serving'),
  approver('kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet'),
];

export const COMPONENT_BINDINGS: readonly ClusterRoleBinding[] = [
  clusterBinding('system:node-proxier', user('system:kube-proxy')),
  clusterBinding('system:kube-controller-manager', user('system:kube-controller-manager')),
  clusterBinding('system:kube-dns', serviceAccount('kube-system', 'kube-dns')),
  clusterBinding('system:kube-scheduler', user('system:kube-scheduler')),
  clusterBinding('system:volume-scheduler', user('system:kube-scheduler')),
  clusterBinding('system:service-account-issuer-discovery', group('system:serviceaccounts')),
  // For nobody: kubelets are the Node authorizer's.
  clusterBinding('system:node'),
];
