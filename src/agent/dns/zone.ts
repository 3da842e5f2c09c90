import { isIPv4, isIPv6 } from 'node:net';
import type { Answer } from 'dns-packet';
import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import { parseClusterName, reverseAddress, type ClusterName } from './cluster-names.ts';

/** Services and endpoints as names are answered from. */
export interface ClusterView {
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, name: string): readonly EndpointSlice[];
  hasNamespace(namespace: string): boolean;
  /** The Services whose cluster address this is, and the slices that have it as an endpoint. */
  servicesAt(ip: string): readonly Service[];
  slicesAt(ip: string): readonly EndpointSlice[];
}

export interface ZoneSettings {
  domain: string;
  /** The cluster DNS address, which is also the name server's. */
  serverIp: string;
}

export type ZoneAnswer =
  | { kind: 'answer'; answers: Answer[]; additionals: Answer[] }
  /** Leads out of what is known here: to be answered with `alias` and what `target` has. */
  | { kind: 'alias'; alias: Answer; target: string }
  /** The name is there, with no record of this type. */
  | { kind: 'nodata' }
  | { kind: 'nxdomain' }
  /** Not ours to answer. */
  | { kind: 'outside' };

/** CoreDNS's for names that move with pods, kubeadm's for names that stay. */
const SHORT_TTL = 5;
const LONG_TTL = 30;
const VERSION = '1.1.0';
const VERSION_TTL = 28_800;

type NamedService = Extract<ClusterName, { kind: 'service' }>;

/** Where a name leads: an address and, for SRV, a port under the name `target`. */
interface Place {
  ip: string;
  port: number;
  target: string;
  ttl: number;
}

/** The records of a question (upper-case type), as CoreDNS's kubernetes plugin answers it with `pods insecure`. */
export function answerFromZone(
  question: { name: string; type: string },
  view: ClusterView,
  settings: ZoneSettings,
): ZoneAnswer {
  const { type } = question;
  const name = question.name.toLowerCase().replace(/\.$/, '');
  const address = reverseAddress(name);
  if (address !== undefined) return answerReverse(question, address, view, settings);
  const asked = parseClusterName(name, settings.domain);
  const owner = question.name;
  switch (asked?.kind) {
    case undefined:
      return { kind: 'outside' };
    case 'none':
      return { kind: 'nxdomain' };
    case 'apex':
      return answerApex(owner, type, settings);
    case 'server':
      return type === 'A'
        ? only({ name: owner, type: 'A', ttl: LONG_TTL, data: settings.serverIp })
        : { kind: 'nodata' };
    case 'version':
      return type === 'TXT' ? only({ name: owner, type, ttl: VERSION_TTL, data: [VERSION] }) : { kind: 'nodata' };
    case 'branch':
      return asked.namespace === undefined || view.hasNamespace(asked.namespace)
        ? { kind: 'nodata' }
        : { kind: 'nxdomain' };
    case 'pod':
      return answerPod(owner, type, asked.address);
    case 'service':
      return answerService(owner, type, asked, view, settings.domain);
  }
}

/** The zone's start of authority: what denials carry, so that resolvers know how long to believe them. */
export function startOfAuthority({ domain }: ZoneSettings, serial: number): Answer {
  return {
    name: domain,
    type: 'SOA',
    ttl: SHORT_TTL,
    data: {
      mname: `ns.dns.${domain}`,
      rname: `hostmaster.${domain}`,
      serial,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: SHORT_TTL,
    },
  };
}

const only = (answer: Answer): ZoneAnswer => ({ kind: 'answer', answers: [answer], additionals: [] });

function answerApex(owner: string, type: string, { domain, serverIp }: ZoneSettings): ZoneAnswer {
  // The SOA itself is the server's to add: it knows the serial.
  if (type !== 'NS') return { kind: 'nodata' };
  const server = `ns.dns.${domain}`;
  return {
    kind: 'answer',
    answers: [{ name: owner, type: 'NS', ttl: LONG_TTL, data: server }],
    additionals: [{ name: server, type: 'A', ttl: LONG_TTL, data: serverIp }],
  };
}

/** `10-244-1-7.default.pod`: the address is in the name, and nobody looks whether there is such a pod. */
function answerPod(owner: string, type: string, address: string): ZoneAnswer {
  const ip = /^\d+-\d+-\d+-\d+$/.test(address) ? address.replaceAll('-', '.') : address.replaceAll('-', ':');
  if (isIPv4(ip)) return type === 'A' ? only({ name: owner, type, ttl: LONG_TTL, data: ip }) : { kind: 'nodata' };
  if (isIPv6(ip)) return type === 'AAAA' ? only({ name: owner, type, ttl: LONG_TTL, data: ip }) : { kind: 'nodata' };
  return { kind: 'nxdomain' };
}

function answerService(
  owner: string,
  type: string,
  asked: NamedService,
  view: ClusterView,
  domain: string,
): ZoneAnswer {
  const service = view.service(asked.namespace, asked.service);
  if (!service?.spec) return { kind: 'nxdomain' };
  if (service.spec.type === 'ExternalName') return answerExternal(owner, asked, service.spec.externalName ?? '');
  const places = placesOf(service, asked, view, domain);
  if (places.length === 0) return isEmptyBut(service, asked) ? { kind: 'nodata' } : { kind: 'nxdomain' };
  if (type === 'A') {
    const ttls = new Map(places.map(({ ip, ttl }) => [ip, ttl]));
    return answer([...ttls].map(([ip, ttl]) => ({ name: owner, type: 'A', ttl, data: ip })));
  }
  return type === 'SRV' ? answerPorts(owner, places) : { kind: 'nodata' };
}

const answer = (answers: Answer[], additionals: Answer[] = []): ZoneAnswer =>
  answers.length > 0 ? { kind: 'answer', answers, additionals } : { kind: 'nodata' };

function answerExternal(owner: string, asked: NamedService, externalName: string): ZoneAnswer {
  if (asked.endpoint !== undefined || asked.protocol !== undefined) return { kind: 'nxdomain' };
  const target = externalName.replace(/\.$/, '');
  return { kind: 'alias', alias: { name: owner, type: 'CNAME', ttl: LONG_TTL, data: target }, target };
}

function answerPorts(owner: string, places: readonly Place[]): ZoneAnswer {
  const unique = new Map(
    places.filter(({ port }) => port > 0).map((place) => [`${place.target}:${place.port}`, place]),
  );
  // Shares of a hundred, as CoreDNS gives them.
  const weight = Math.max(1, Math.floor(100 / Math.max(1, unique.size)));
  const answers = [...unique.values()].map(({ target, port, ttl }): Answer => {
    return { name: owner, type: 'SRV', ttl, data: { priority: 0, weight, port, target } };
  });
  const hosts = new Map([...unique.values()].map((place) => [`${place.target} ${place.ip}`, place]));
  return answer(
    answers,
    [...hosts.values()].map(({ target, ip, ttl }) => ({ name: target, type: 'A', ttl, data: ip })),
  );
}

const isHeadless = ({ spec }: Service): boolean => spec?.clusterIP === 'None';

/** A headless Service without endpoints, or the branch over its ports, is a name all the same. */
const isEmptyBut = (service: Service, { endpoint, port, protocol }: NamedService): boolean =>
  endpoint === undefined &&
  port === undefined &&
  (protocol === undefined || protocol === 'tcp' || protocol === 'udp') &&
  isHeadless(service);

function placesOf(service: Service, asked: NamedService, view: ClusterView, domain: string): Place[] {
  const base = `${asked.service}.${asked.namespace}.svc.${domain}`;
  if (isHeadless(service) || asked.endpoint !== undefined) {
    const slices = view.slices(asked.namespace, asked.service);
    return slices.flatMap((slice) => placesInSlice(slice, asked, base));
  }
  const ip = service.spec?.clusterIP ?? '';
  if (!isIPv4(ip)) return [];
  return (service.spec?.ports ?? [])
    .filter(({ name, protocol }) => portMatches(asked, name, protocol))
    .map(({ port = 0 }) => ({ ip, port, target: base, ttl: LONG_TTL }));
}

function placesInSlice(slice: EndpointSlice, asked: NamedService, base: string): Place[] {
  if (slice.addressType !== 'IPv4') return [];
  // Endpoints without ports have addresses still.
  const all = slice.ports?.length ? slice.ports : [{ name: '', port: 0, protocol: 'TCP' }];
  const ports = all.filter(({ name, protocol }) => portMatches(asked, name, protocol));
  return (slice.endpoints ?? []).flatMap(({ addresses = [], conditions, hostname }) => {
    if (conditions?.ready === false) return [];
    return addresses.flatMap((ip) => {
      const host = hostname || ip.replaceAll('.', '-');
      if (asked.endpoint !== undefined && asked.endpoint !== host) return [];
      return ports.map(({ port = 0 }) => ({ ip, port, target: `${host}.${base}`, ttl: SHORT_TTL }));
    });
  });
}

const portMatches = (asked: NamedService, name = '', protocol = 'TCP'): boolean =>
  (asked.port === undefined || asked.port === name) &&
  (asked.protocol === undefined || asked.protocol === protocol.toLowerCase());

/** Cluster addresses and endpoints have names; other addresses are for the machine's own resolvers. */
function answerReverse(
  { name, type }: { name: string; type: string },
  ip: string,
  view: ClusterView,
  { domain }: ZoneSettings,
): ZoneAnswer {
  const ofServices = view.servicesAt(ip).map(({ metadata }) => {
    return `${metadata?.name ?? ''}.${metadata?.namespace ?? ''}.svc.${domain}`;
  });
  const names =
    ofServices.length > 0 ? ofServices : view.slicesAt(ip).flatMap((slice) => namesInSlice(slice, ip, domain));
  if (names.length === 0) return { kind: 'outside' };
  if (type !== 'PTR') return { kind: 'nodata' };
  return answer([...new Set(names)].sort().map((data) => ({ name, type: 'PTR', ttl: SHORT_TTL, data })));
}

function namesInSlice({ metadata, endpoints = [] }: EndpointSlice, ip: string, domain: string): string[] {
  const service = metadata?.labels?.['kubernetes.io/service-name'];
  if (!service) return [];
  return endpoints
    .filter(({ addresses, conditions }) => addresses?.includes(ip) && conditions?.ready !== false)
    .map(
      ({ hostname }) => `${hostname || ip.replaceAll('.', '-')}.${service}.${metadata?.namespace ?? ''}.svc.${domain}`,
    );
}
