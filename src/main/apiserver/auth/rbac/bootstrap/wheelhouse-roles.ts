import type { ClusterRole, ClusterRoleBinding } from '../../../../../shared/api/kinds.ts';
import { clusterBinding, clusterRole, group, READ, rule } from './words.ts';

/**
 * What our agent reads beyond a kubelet: service proxy, cluster DNS, ingress, pod network and network policies run in
 * it, where Kubernetes has daemons with accounts of their own. Nothing here is secret; ConfigMaps and Secrets stay the
 * Node authorizer's, one by one.
 */
export const WHEELHOUSE_ROLES: readonly ClusterRole[] = [
  clusterRole('system:wheelhouse-node', [
    rule(READ, 'core', 'services endpoints namespaces nodes pods'),
    rule(READ, 'discovery.k8s.io', 'endpointslices'),
    rule(READ, 'networking.k8s.io', 'ingresses ingressclasses networkpolicies'),
  ]),
];

export const WHEELHOUSE_BINDINGS: readonly ClusterRoleBinding[] = [
  clusterBinding('system:wheelhouse-node', group('system:nodes')),
  // As kubeadm does: a node may renew the certificate it has.
  clusterBinding('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', group('system:nodes')),
];
