import { containersOf, namesWhere, unlessWindows, type Check, type CheckPod, type PodSpec } from './check.ts';
import { seccompRestricted } from './profiles.ts';
import { containersNamed, joinQuoted, pluralize, setters, sortedSet } from './words.ts';

/** Hardening by current practice, at the price of what not every program can live with. */

const allowPrivilegeEscalation: CheckPod = (_metadata, spec) => {
  const bad = namesWhere(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  return bad.length === 0
    ? undefined
    : {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${containersNamed(bad)} must set securityContext.allowPrivilegeEscalation=false`,
      };
};

const capabilities: CheckPod = (_metadata, spec) => {
  const keeping = namesWhere(spec, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const isBad = (name: string): boolean => name !== 'NET_BIND_SERVICE';
  const adding = containersOf(spec).filter((container) => container.securityContext?.capabilities?.add?.some(isBad));
  const added = sortedSet(
    adding.flatMap(({ securityContext }) => (securityContext?.capabilities?.add ?? []).filter(isBad)),
  );
  const details = [
    ...(keeping.length > 0 ? [`${containersNamed(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [
          `${containersNamed(adding.map(({ name }) => name))} must not include ${joinQuoted(added)} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

type Volume = NonNullable<PodSpec['volumes']>[number];

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
/** Those upstream names; anything else is `unknown`. */
const RESTRICTED_VOLUMES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
];

const has = (volume: Volume, source: string): boolean => (volume as Record<string, unknown>)[source] !== undefined;

const restrictedVolumes: CheckPod = (_metadata, spec) => {
  const bad = (spec.volumes ?? []).filter((volume) => !VOLUMES.some((source) => has(volume, source)));
  if (bad.length === 0) return undefined;
  const types = sortedSet(bad.map((volume) => RESTRICTED_VOLUMES.find((source) => has(volume, source)) ?? 'unknown'));
  return {
    reason: 'restricted volume types',
    detail: `${pluralize('volume', 'volumes', bad.length)} ${joinQuoted(bad.map(({ name }) => name))} ${pluralize('uses', 'use', bad.length)} ${pluralize('restricted volume type', 'restricted volume types', types.length)} ${joinQuoted(types)}`,
  };
};

const runAsNonRoot: CheckPod = (_metadata, spec) => {
  const forPod = spec.securityContext?.runAsNonRoot;
  const refusing = namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  const reason = 'runAsNonRoot != true';
  if (forPod === false || refusing.length > 0)
    return { reason, detail: `${setters(forPod === false, refusing)} must not set securityContext.runAsNonRoot=false` };
  const silent = namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  return forPod === true || silent.length === 0
    ? undefined
    : { reason, detail: `pod or ${containersNamed(silent)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: CheckPod = (_metadata, spec) => {
  const pod = spec.securityContext?.runAsUser === 0;
  const bad = namesWhere(spec, ({ securityContext }) => securityContext?.runAsUser === 0);
  return pod || bad.length > 0
    ? { reason: 'runAsUser=0', detail: `${setters(pod, bad)} must not set runAsUser=0` }
    : undefined;
};

/** A check that since 1.25 leaves Windows out. */
const exceptWindows = (since: number, check: CheckPod): Check['versions'] => [
  { since, check },
  { since: 25, check: unlessWindows(check) },
];

/** In the order violations are told in: by id. */
export const RESTRICTED: readonly Check[] = [
  { id: 'allowPrivilegeEscalation', level: 'restricted', versions: exceptWindows(8, allowPrivilegeEscalation) },
  {
    id: 'capabilities_restricted',
    level: 'restricted',
    versions: exceptWindows(22, capabilities),
    overrides: ['capabilities_baseline'],
  },
  {
    id: 'restrictedVolumes',
    level: 'restricted',
    versions: [{ since: 0, check: restrictedVolumes }],
    overrides: ['hostPathVolumes'],
  },
  { id: 'runAsNonRoot', level: 'restricted', versions: [{ since: 0, check: runAsNonRoot }] },
  { id: 'runAsUser', level: 'restricted', versions: [{ since: 23, check: runAsUser }] },
  {
    id: 'seccompProfile_restricted',
    level: 'restricted',
    versions: exceptWindows(19, seccompRestricted),
    overrides: ['seccompProfile_baseline'],
  },
];
