import { apiVersionOf, type APIService } from '../../../shared/api/kinds.ts';
import type { GroupVersion } from '../../resources/catalog.ts';
import { timestamp } from '../registry/context.ts';

/** Label of APIServices that the server made: `onstart` for what it always serves, `true` for custom resources. */
const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged';

/** Priorities upstream gives to groups it does not know better (customresource_discovery). */
const GROUP_PRIORITY = 1000;
const VERSION_PRIORITY = 100;
const CORE_PRIORITY = 18_000;
const BUILT_IN_PRIORITY = 17_000;

export interface ServedVersion extends GroupVersion {
  builtIn: boolean;
}

export interface ApiServicePlan {
  create: APIService[];
  /** Names of APIServices whose group versions are no longer served. */
  remove: string[];
  /** What is served by this server: `apps/v1`. */
  served: ReadonlySet<string>;
  /** Group versions of other servers. */
  unavailable: GroupVersion[];
}

const apiServiceName = ({ group, version }: GroupVersion): string => `${version}.${group}`;

/** Which APIServices are to be made and taken away, so that there is one for each group version. */
export function planApiServices(kinds: readonly ServedVersion[], services: readonly APIService[]): ApiServicePlan {
  const versions = new Map(kinds.map((version) => [apiServiceName(version), version]));
  const existing = new Map(services.map((service) => [service.metadata?.name ?? '', service]));
  const served = new Set(kinds.map((version) => apiVersionOf(version)));
  return {
    create: [...versions]
      .filter(([name]) => !existing.has(name))
      .map(([name, version]) => apiServiceFor(name, version)),
    remove: services
      .filter(({ metadata }) => metadata?.labels?.[AUTOMANAGED] && !versions.has(metadata.name ?? ''))
      .map(({ metadata }) => metadata?.name ?? ''),
    served,
    unavailable: services
      .flatMap(({ spec }) => (spec?.service ? [{ group: spec.group ?? '', version: spec.version ?? '' }] : []))
      .filter((version) => !served.has(apiVersionOf(version)))
      .sort((a, b) => (apiServiceName(a) < apiServiceName(b) ? -1 : 1)),
  };
}

function apiServiceFor(name: string, { group, version, builtIn }: ServedVersion): APIService {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name, labels: { [AUTOMANAGED]: builtIn ? 'onstart' : 'true' } },
    spec: {
      group,
      version,
      groupPriorityMinimum: group === '' ? CORE_PRIORITY : builtIn ? BUILT_IN_PRIORITY : GROUP_PRIORITY,
      versionPriority: builtIn ? 1 : VERSION_PRIORITY,
    },
  };
}

type Condition = NonNullable<NonNullable<APIService['status']>['conditions']>[number];

/** What the `Available` condition should become; undefined when it is that already. */
export function availableCondition(
  service: APIService,
  served: ReadonlySet<string>,
  nowMs: number,
): Condition | undefined {
  const { spec, status } = service;
  const local = !spec?.service || served.has(apiVersionOf({ group: spec.group ?? '', version: spec.version ?? '' }));
  const told = local
    ? { status: 'True', reason: 'Local', message: 'Local APIServices are always available' }
    : {
        status: 'False',
        reason: 'AggregationNotSupported',
        message: `requests are not passed on to other API servers: service/${spec?.service?.name ?? ''} in ${JSON.stringify(spec?.service?.namespace ?? '')} is not asked`,
      };
  const before = status?.conditions?.find(({ type }) => type === 'Available');
  const same = before?.status === told.status && before.reason === told.reason && before.message === told.message;
  if (same) return undefined;
  const lastTransitionTime = (before?.status === told.status && before.lastTransitionTime) || timestamp(nowMs);
  return { type: 'Available', lastTransitionTime, ...told };
}
