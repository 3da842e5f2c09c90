import type { Pod, Service } from '../../shared/api/kinds.ts';
import { ConfigError } from './config-error.ts';

/**
 * What containers are told of Services in their environment (kubelet_pods.go getServiceEnvVarMap): of the API server's
 * always, of all in the pod's namespace unless `enableServiceLinks` is false. `services` is undefined while none are
 * known: then nothing may start, as its environment could never be put right.
 */
export function serviceEnvironment(pod: Pod, services: readonly Service[] | undefined): Map<string, string> {
  if (!services) throw new ConfigError('services have not yet been read at least once, cannot construct envs');
  const namespace = pod.metadata?.namespace ?? 'default';
  const links = pod.spec?.enableServiceLinks ?? true;
  const variables = new Map<string, string>();
  const apiServer = services.filter(
    ({ metadata }) => metadata?.namespace === 'default' && metadata.name === 'kubernetes',
  );
  const linked = links ? services.filter(({ metadata }) => metadata?.namespace === namespace) : [];
  // The pod's own namespace last: its `kubernetes` counts.
  for (const service of [...apiServer, ...linked]) {
    for (const [name, value] of variablesOf(service)) variables.set(name, value);
  }
  return variables;
}

/** `WEB_SERVICE_HOST` and its like, with those that Docker links had (pkg/kubelet/envvars). */
function* variablesOf({ metadata, spec }: Service): Generator<[string, string]> {
  const { clusterIP: ip, ports = [] } = spec ?? {};
  const [first] = ports;
  if (!ip || ip === 'None' || !first) return;
  const prefix = variableName(metadata?.name ?? '');
  yield [`${prefix}_SERVICE_HOST`, ip];
  yield [`${prefix}_SERVICE_PORT`, String(first.port)];
  for (const { name, port } of ports) {
    if (name) yield [`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port)];
  }
  for (const { port, protocol = 'TCP' } of ports) {
    const scheme = protocol.toLowerCase();
    const linkPrefix = `${prefix}_PORT_${String(port)}_${protocol}`;
    if (port === first.port && protocol === (first.protocol ?? 'TCP')) {
      yield [`${prefix}_PORT`, `${scheme}://${ip}:${String(port)}`];
    }
    yield [linkPrefix, `${scheme}://${ip}:${String(port)}`];
    yield [`${linkPrefix}_PROTO`, scheme];
    yield [`${linkPrefix}_PORT`, String(port)];
    yield [`${linkPrefix}_ADDR`, ip];
  }
}

const variableName = (name: string): string => name.replaceAll('-', '_').toUpperCase();
