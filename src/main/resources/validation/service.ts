import type { Service } from '../../../shared/api/kinds.ts';
import { isExternallyAccessible } from '../defaults/service-defaults.ts';
import type { FieldError } from './field-error.ts';
import {
  complaintsAbout,
  duplicate,
  duplicatesIn,
  forbiddenField,
  invalidValue,
  oneOf,
  required,
  requiredOneOf,
} from './fields.ts';
import { validateLabels } from './metadata.ts';
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from './names.ts';
import { PROTOCOLS, validCidr, validEndpointIp, validPort } from './addresses.ts';
import { validateClusterIps } from './service-cluster-ips.ts';

type ServiceSpec = NonNullable<Service['spec']>;
type ServicePort = NonNullable<ServiceSpec['ports']>[number];

const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";
/** One day. */
const MAX_AFFINITY_SECONDS = 86_400;

const isHeadless = (spec: Partial<ServiceSpec>): boolean =>
  spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None';

/** Node agents listen there; a load balancer in front of it opens it to everybody. */
const KUBELET_PORT = 10_250;
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** A Service (core/validation ValidateService). */
export function validateService(service: Service): FieldError[] {
  const spec: Partial<ServiceSpec> = service.spec ?? {};
  const ports = spec.ports ?? [];
  return [
    ...(ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName' ? [required('spec.ports')] : []),
    ...(spec.type === 'LoadBalancer' ? validateNotKubelet(ports) : []),
    ...validateType(spec),
    ...ports.flatMap((port, index) => validateServicePort(port, ports.length > 1, `spec.ports[${index}]`)),
    ...duplicatesIn(
      ports,
      ({ name }) => name,
      (index) => `spec.ports[${index}].name`,
    ),
    ...validateLabels('spec.selector', spec.selector),
    ...requiredOneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']),
    ...validateAffinityConfig(spec),
    ...validateClusterIps(spec),
    ...(spec.externalIPs ?? []).flatMap((ip, index) => validEndpointIp(`spec.externalIPs[${index}]`, ip)),
    ...requiredOneOf('spec.type', spec.type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']),
    ...validatePortNumbers(spec),
    ...validateLoadBalancer(spec, service.metadata?.annotations?.[SOURCE_RANGES]),
    ...validateTrafficPolicies(spec),
  ];
}

const validateNotKubelet = (ports: readonly ServicePort[]): FieldError[] =>
  ports.flatMap(({ port }, index) =>
    port === KUBELET_PORT
      ? [
          invalidValue(
            `spec.ports[${index}]`,
            port,
            `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`,
          ),
        ]
      : [],
  );

function validateType(spec: Partial<ServiceSpec>): FieldError[] {
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec)) {
    return [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)];
  }
  if (spec.type !== 'ExternalName') return [];
  const name = spec.externalName?.replace(/\.$/, '') ?? '';
  const set = {
    clusterIPs: spec.clusterIPs?.length,
    ipFamilies: spec.ipFamilies?.length,
    ipFamilyPolicy: spec.ipFamilyPolicy,
  };
  return [
    ...Object.entries(set)
      .filter(([, value]) => value)
      .map(([field]) => forbiddenField(`spec.${field}`, 'may not be set for ExternalName services')),
    ...(name === ''
      ? [required('spec.externalName')]
      : complaintsAbout('spec.externalName', name, dns1123Subdomain(name))),
  ];
}

function validateServicePort(port: ServicePort, needsName: boolean, field: string): FieldError[] {
  const { name, appProtocol } = port;
  return [
    ...(name ? complaintsAbout(`${field}.name`, name, dns1123Label(name)) : []),
    ...(needsName && !name ? [required(`${field}.name`)] : []),
    ...complaintsAbout(`${field}.port`, port.port, portNumber(port.port ?? 0)),
    ...requiredOneOf(`${field}.protocol`, port.protocol, PROTOCOLS),
    ...validPort(`${field}.targetPort`, port.targetPort),
    ...(appProtocol === undefined
      ? []
      : complaintsAbout(`${field}.appProtocol`, appProtocol, qualifiedName(appProtocol))),
  ];
}

function validateAffinityConfig({ sessionAffinity, sessionAffinityConfig }: Partial<ServiceSpec>): FieldError[] {
  const field = 'spec.sessionAffinityConfig';
  if (sessionAffinity === 'None' && sessionAffinityConfig) {
    return [forbiddenField(field, 'must not be set when session affinity is None')];
  }
  if (sessionAffinity !== 'ClientIP') return [];
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const at = `${field}.clientIP.timeoutSeconds`;
  if (seconds === undefined) return [required(at)];
  return seconds > 0 && seconds <= MAX_AFFINITY_SECONDS
    ? []
    : [invalidValue(at, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)];
}

/** Node ports only where they mean something, and no (protocol, port) twice. */
function validatePortNumbers({ type, ports = [] }: Partial<ServiceSpec>): FieldError[] {
  const seen = { nodePort: new Set<string>(), port: new Set<string>() };
  return ports.flatMap(({ nodePort, port, protocol = '' }, index) => {
    const field = `spec.ports[${index}]`;
    const errors: FieldError[] = [];
    if (nodePort && type === 'ClusterIP') {
      errors.push(forbiddenField(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
    if (nodePort && seen.nodePort.has(`${protocol}/${nodePort}`)) errors.push(duplicate(`${field}.nodePort`, nodePort));
    if (seen.port.has(`${protocol}/${port}`)) errors.push(duplicate(field, { port, protocol }));
    seen.nodePort.add(`${protocol}/${nodePort}`);
    seen.port.add(`${protocol}/${port}`);
    return errors;
  });
}

function validateLoadBalancer(spec: Partial<ServiceSpec>, annotated: string | undefined): FieldError[] {
  const balanced = spec.type === 'LoadBalancer';
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const { loadBalancerClass } = spec;
  // The capital letter is upstream's.
  const rangesField = 'spec.LoadBalancerSourceRanges';
  return [
    ...(ranges.length > 0 && !balanced ? [forbiddenField(rangesField, ONLY_LOAD_BALANCER)] : []),
    ...ranges.flatMap((range, index) => validCidr(`${rangesField}[${index}]`, range.trim())),
    ...(ranges.length === 0 && annotated !== undefined ? validateAnnotatedRanges(annotated, balanced) : []),
    ...(spec.allocateLoadBalancerNodePorts !== undefined && !balanced
      ? [forbiddenField('spec.allocateLoadBalancerNodePorts', ONLY_LOAD_BALANCER)]
      : []),
    ...(loadBalancerClass === undefined
      ? []
      : balanced
        ? complaintsAbout('spec.loadBalancerClass', loadBalancerClass, qualifiedName(loadBalancerClass))
        : [forbiddenField('spec.loadBalancerClass', ONLY_LOAD_BALANCER)]),
  ];
}

/** The ranges as they were said before there was a field for them. */
function validateAnnotatedRanges(ranges: string, balanced: boolean): FieldError[] {
  const field = `metadata.annotations[${SOURCE_RANGES}]`;
  return [
    ...(balanced ? [] : [forbiddenField(field, ONLY_LOAD_BALANCER)]),
    ...(ranges.trim() === '' ? [] : ranges.split(',').flatMap((range) => validCidr(field, range.trim()))),
  ];
}

function validateTrafficPolicies(spec: Partial<ServiceSpec>): FieldError[] {
  const policies = ['Cluster', 'Local'];
  const { externalTrafficPolicy: external, healthCheckNodePort: health } = spec;
  const checked = spec.type === 'LoadBalancer' && external === 'Local';
  const errors = isExternallyAccessible(spec)
    ? requiredOneOf('spec.externalTrafficPolicy', external, policies)
    : external
      ? [invalidValue('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services')]
      : [];
  if (health) {
    const field = 'spec.healthCheckNodePort';
    errors.push(
      ...(checked
        ? complaintsAbout(field, health, portNumber(health))
        : [
            invalidValue(
              field,
              health,
              "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
            ),
          ]),
    );
  }
  return [
    ...errors,
    ...(spec.type && spec.type !== 'ExternalName' && spec.internalTrafficPolicy === undefined
      ? [required('spec.internalTrafficPolicy')]
      : oneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, policies)),
    ...oneOf('spec.trafficDistribution', spec.trafficDistribution, ['PreferClose', 'PreferSameNode', 'PreferSameZone']),
  ];
}
