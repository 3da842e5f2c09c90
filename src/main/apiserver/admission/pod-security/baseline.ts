import { containersOf, namesWhere, type Check } from './check.ts';
import { appArmorProfile, seccompBaselineAnnotations, seccompBaseline } from './profiles.ts';
import { seLinuxOptions } from './se-linux.ts';
import { containersNamed, joinQuoted, pluralize, setters, sortedSet } from './words.ts';

/** Minimally restrictive: known ways to more privileges are closed. */

const CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const capabilities: Check = {
  id: 'capabilities_baseline',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check: (_metadata, spec) => {
        const isBad = (name: string): boolean => !CAPABILITIES.has(name);
        const bad = containersOf(spec).filter((container) => container.securityContext?.capabilities?.add?.some(isBad));
        if (bad.length === 0) return undefined;
        const added = bad.flatMap(({ securityContext }) => (securityContext?.capabilities?.add ?? []).filter(isBad));
        return {
          reason: 'non-default capabilities',
          detail: `${containersNamed(bad.map(({ name }) => name))} must not include ${joinQuoted(sortedSet(added))} in securityContext.capabilities.add`,
        };
      },
    },
  ],
};

const hostNamespaces: Check = {
  id: 'hostNamespaces',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check: (_metadata, spec) => {
        const shared = (['hostIPC', 'hostNetwork', 'hostPID'] as const).filter((name) => spec[name]);
        return shared.length === 0
          ? undefined
          : { reason: 'host namespaces', detail: shared.map((name) => `${name}=true`).join(', ') };
      },
    },
  ],
};

const hostPathVolumes: Check = {
  id: 'hostPathVolumes',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check: (_metadata, spec) => {
        const bad = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
        return bad.length === 0
          ? undefined
          : {
              reason: 'hostPath volumes',
              detail: `${pluralize('volume', 'volumes', bad.length)} ${joinQuoted(bad)}`,
            };
      },
    },
  ],
};

const hostPorts: Check = {
  id: 'hostPorts',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check: (_metadata, spec) => {
        const bad = containersOf(spec).filter(({ ports }) => ports?.some(({ hostPort }) => hostPort));
        if (bad.length === 0) return undefined;
        const ports = sortedSet(
          bad.flatMap((container) =>
            (container.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [`${hostPort}`] : [])),
          ),
        );
        const names = bad.map(({ name }) => name);
        return {
          reason: 'hostPort',
          detail: `${containersNamed(names)} ${pluralize('uses', 'use', names.length)} ${pluralize('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`,
        };
      },
    },
  ],
};

/** A probe to another host would make the kubelet a port scanner. */
const hostProbesAndHostLifecycle: Check = {
  id: 'hostProbesAndHostLifecycle',
  level: 'baseline',
  versions: [
    {
      since: 34,
      check: (_metadata, spec) => {
        const found = containersOf(spec).map((container) => {
          const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
          const hosts = [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
            .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
            .flatMap((host) => (host ? [host] : []));
          return { name: container.name, hosts };
        });
        const bad = sortedSet(found.filter(({ hosts }) => hosts.length > 0).map(({ name }) => name));
        const hosts = sortedSet(found.flatMap((container) => container.hosts));
        if (bad.length === 0) return undefined;
        return {
          reason: 'probe or lifecycle host',
          detail: `${containersNamed(bad)} ${pluralize('uses', 'use', bad.length)} ${pluralize('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length)} ${joinQuoted(hosts)}`,
        };
      },
    },
  ],
};

const privileged: Check = {
  id: 'privileged',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check: (_metadata, spec) => {
        const bad = namesWhere(spec, ({ securityContext }) => securityContext?.privileged === true);
        return bad.length === 0
          ? undefined
          : { reason: 'privileged', detail: `${containersNamed(bad)} must not set securityContext.privileged=true` };
      },
    },
  ],
};

const procMount: Check = {
  id: 'procMount',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check: (_metadata, spec) => {
        const mountOf = ({ securityContext }: ReturnType<typeof containersOf>[number]): string =>
          securityContext?.procMount ?? 'Default';
        const bad = containersOf(spec).filter((container) => mountOf(container) !== 'Default');
        return bad.length === 0
          ? undefined
          : {
              reason: 'procMount',
              detail: `${containersNamed(bad.map(({ name }) => name))} must not set securityContext.procMount to ${joinQuoted(sortedSet(bad.map(mountOf)))}`,
            };
      },
    },
  ],
};

const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports'];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

const sysctlsAllowed = (allowed: readonly string[]): Check['versions'][number]['check'] => {
  const safe = new Set(allowed);
  return (_metadata, spec) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !safe.has(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
};

const sysctls: Check = {
  id: 'sysctls',
  level: 'baseline',
  versions: [
    { since: 0, check: sysctlsAllowed(SYSCTLS) },
    { since: 27, check: sysctlsAllowed(SYSCTLS_27) },
    { since: 29, check: sysctlsAllowed(SYSCTLS_29) },
    { since: 32, check: sysctlsAllowed(SYSCTLS_32) },
  ],
};

const windowsHostProcess: Check = {
  id: 'windowsHostProcess',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check: (_metadata, spec) => {
        const pod = spec.securityContext?.windowsOptions?.hostProcess === true;
        const bad = namesWhere(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
        return pod || bad.length > 0
          ? {
              reason: 'hostProcess',
              detail: `${setters(pod, bad)} must not set securityContext.windowsOptions.hostProcess=true`,
            }
          : undefined;
      },
    },
  ],
};

/** In the order violations are told in: by id. */
export const BASELINE: readonly Check[] = [
  appArmorProfile,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbesAndHostLifecycle,
  privileged,
  procMount,
  seLinuxOptions,
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    versions: [
      { since: 0, check: seccompBaselineAnnotations },
      { since: 19, check: seccompBaseline },
    ],
  },
  sysctls,
  windowsHostProcess,
];
