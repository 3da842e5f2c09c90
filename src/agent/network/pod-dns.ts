import type { Pod } from '../../shared/api/kinds.ts';

export interface DnsSettings {
  nameservers: string[];
  searches: string[];
  options: string[];
}

/** The parts of a resolv.conf that matter to pods. Resolvers on loopback are left out: in a pod nobody listens there. */
export function parseResolvConf(text: string): DnsSettings {
  const settings: DnsSettings = { nameservers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && values[0] && !/^(127\.|::1$)/.test(values[0])) settings.nameservers.push(values[0]);
    // The last search line wins (resolv.conf(5)).
    if (keyword === 'search' || keyword === 'domain') settings.searches = values.filter((value) => value !== '.');
    if (keyword === 'options') settings.options.push(...values);
  }
  return settings;
}

/** Limits of pkg/apis/core/validation. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;

/** The cluster's DNS server, and the domain its names are in. */
export interface ClusterDns {
  server: string;
  domain: string;
}

/** Whether a pod in the machine's network simply has the machine's resolv.conf. */
export function usesDnsOfMachine(pod: Pod): boolean {
  const policy = pod.spec?.dnsPolicy;
  return pod.spec?.hostNetwork === true && policy !== 'None' && policy !== 'ClusterFirstWithHostNet';
}

/**
 * A pod's resolver settings from its dnsPolicy and dnsConfig (pkg/kubelet/network/dns). `ClusterFirst` means the
 * machine's own resolvers where the cluster has no DNS service.
 */
export function podDns(pod: Pod, ofMachine: DnsSettings, cluster?: ClusterDns): DnsSettings {
  const base = baseOf(pod, ofMachine, cluster);
  const config = pod.spec?.dnsConfig;
  const given = (config?.options ?? []).map(({ name, value }) =>
    value === undefined ? (name ?? '') : `${name}:${value}`,
  );
  const overridden = new Set(given.map((option) => option.split(':')[0]));
  const inherited = base.options.filter((option) => !overridden.has(option.split(':')[0] ?? ''));
  return {
    nameservers: [...new Set([...base.nameservers, ...(config?.nameservers ?? [])])].slice(0, MAX_NAMESERVERS),
    searches: [...new Set([...base.searches, ...(config?.searches ?? [])])].slice(0, MAX_SEARCHES),
    options: [...inherited, ...given],
  };
}

function baseOf(pod: Pod, ofMachine: DnsSettings, cluster: ClusterDns | undefined): DnsSettings {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false } = pod.spec ?? {};
  if (dnsPolicy === 'None') return { nameservers: [], searches: [], options: [] };
  const wantsCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  if (!wantsCluster || !cluster) return ofMachine;
  const { server, domain } = cluster;
  const searches = [`${pod.metadata?.namespace ?? 'default'}.svc.${domain}`, `svc.${domain}`, domain];
  // Names with fewer dots are tried in the cluster first (kubelet's defaultDNSOptions).
  return { nameservers: [server], searches: [...searches, ...ofMachine.searches], options: ['ndots:5'] };
}
