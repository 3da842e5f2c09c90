import type { Pod } from '../../shared/api/kinds.ts';
import { podHostname } from '../runtime/container-spec.ts';

/** A pod's /etc/hosts (kubelet_pods.go): its own address under its own name, and its host aliases. */
export function hostsFile(pod: Pod, podIp: string): string {
  const hostname = podHostname(pod);
  const { subdomain } = pod.spec ?? {};
  const qualified = subdomain ? [`${hostname}.${subdomain}.${pod.metadata?.namespace}.svc`] : [];
  return `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
${[podIp, ...qualified, hostname].join('\t')}
${aliases(pod)}`;
}

/** On the machine's own network: the machine's file, and the aliases. */
export function hostNetworkHostsFile(pod: Pod, ofMachine: string): string {
  return `# Kubernetes-managed hosts file (host network).\n${ofMachine.replace(/\n*$/, '\n')}${aliases(pod)}`;
}

function aliases(pod: Pod): string {
  const entries = pod.spec?.hostAliases ?? [];
  if (entries.length === 0) return '';
  const lines = entries.map(({ ip, hostnames }) => [ip, ...(hostnames ?? [])].join('\t'));
  return ['', '# Entries added by HostAliases.', ...lines, ''].join('\n');
}
