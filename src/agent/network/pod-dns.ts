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

/**
 * A pod's resolver settings from its dnsPolicy and dnsConfig (pkg/kubelet/network/dns). `ClusterFirst` means the
 * machine's own resolvers as long as the cluster has no DNS service.
 */
export function podDns(pod: Pod, ofMachine: DnsSettings): DnsSettings {
  const base = pod.spec?.dnsPolicy === 'None' ? { nameservers: [], searches: [], options: [] } : ofMachine;
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
