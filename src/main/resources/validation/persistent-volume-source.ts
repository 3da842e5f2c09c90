import type { PersistentVolume } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue, oneOf, required, tooLong } from './fields.ts';
import { dns1123Subdomain } from './names.ts';

type VolumeSpec = NonNullable<PersistentVolume['spec']>;

/** The fields of a PersistentVolume that say where it is; exactly one is set. */
const SOURCES = [
  ...(['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'flocker', 'nfs', 'rbd'] as const),
  ...(['quobyte', 'cephfs', 'iscsi', 'cinder', 'fc', 'flexVolume', 'azureFile', 'vsphereVolume'] as const),
  ...(['photonPersistentDisk', 'portworxVolume', 'azureDisk', 'scaleIO', 'local', 'storageos', 'csi'] as const),
];

/** The sources that are set, in upstream's order. */
export const sourcesOf = (spec: Partial<VolumeSpec>): (typeof SOURCES)[number][] =>
  SOURCES.filter((name) => spec[name] !== undefined);

/** What a source cannot be without; drivers check the rest. */
const REQUIRED: { readonly [Name in (typeof SOURCES)[number]]?: readonly string[] } = {
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  glusterfs: ['endpoints', 'path'],
  nfs: ['server', 'path'],
  rbd: ['monitors', 'image'],
  quobyte: ['registry', 'volume'],
  cephfs: ['monitors'],
  iscsi: ['targetPortal', 'iqn'],
  cinder: ['volumeID'],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  azureDisk: ['diskName', 'diskURI'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  hostPath: ['path'],
  local: ['path'],
  csi: ['driver', 'volumeHandle'],
};
const HOST_PATH_TYPES = [
  ...['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'],
];
const MAX_DRIVER_NAME = 63;

/** The first source of a volume, in itself (core/validation validate*VolumeSource). */
export function validateVolumeSource(spec: Partial<VolumeSpec>): FieldError[] {
  const [name] = sourcesOf(spec);
  if (name === undefined) return [];
  const source = Object.entries(spec[name] ?? {});
  const given = new Map<string, unknown>(source);
  const missing = (REQUIRED[name] ?? []).filter((field) => !given.get(field) || isEmptyList(given.get(field)));
  return [...missing.map((field) => required(`spec.${name}.${field}`)), ...validateParts(spec)];
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function validateParts({ hostPath, local, nfs, csi, iscsi }: Partial<VolumeSpec>): FieldError[] {
  return [
    ...withoutBacksteps('spec.hostPath.path', hostPath?.path),
    ...oneOf('spec.hostPath.type', hostPath?.type, HOST_PATH_TYPES),
    ...withoutBacksteps('spec.local.path', local?.path),
    ...(nfs?.path && !nfs.path.startsWith('/')
      ? [invalidValue('spec.nfs.path', nfs.path, 'must be an absolute path')]
      : []),
    ...(iscsi && (iscsi.lun < 0 || iscsi.lun > 255)
      ? [invalidValue('spec.iscsi.lun', iscsi.lun, 'must be between 0 and 255, inclusive')]
      : []),
    ...(csi?.driver ? validateDriverName(csi.driver, 'spec.csi.driver') : []),
  ];
}

const withoutBacksteps = (field: string, path: string | undefined): FieldError[] =>
  path?.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : [];

/** The name of a CSI driver: a domain, in any case (ValidateCSIDriverName). */
export function validateDriverName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  return [
    ...(name.length > MAX_DRIVER_NAME ? [tooLong(field, MAX_DRIVER_NAME)] : []),
    ...complaintsAbout(field, name, dns1123Subdomain(name.toLowerCase())),
  ];
}
