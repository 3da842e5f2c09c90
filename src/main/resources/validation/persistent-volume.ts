import type { PersistentVolume, PersistentVolumeClaim } from '../../../shared/api/kinds.ts';
import { parseQuantity } from '../../../shared/api/quantity.ts';
import { equalJson } from '../decode/json-value.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, forbiddenField, immutable, invalidValue, notSupported, oneOf, required } from './fields.ts';
import { dns1123Subdomain } from './names.ts';
import { validatePositiveQuantity } from './quantities.ts';
import { validateNodeTerm } from './scheduling.ts';
import { sourcesOf, validateVolumeSource } from './persistent-volume-source.ts';

type VolumeSpec = NonNullable<PersistentVolume['spec']>;

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

/** The access modes of a volume or claim: known ones, and ReadWriteOncePod alone. */
export function validateAccessModes(modes: readonly string[], field: string, missing = ''): FieldError[] {
  if (modes.length === 0) return [required(field, missing)];
  const mixed =
    modes.includes('ReadWriteOncePod') &&
    modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode));
  return [
    ...modes.flatMap((mode) => oneOf(field, mode, ACCESS_MODES)),
    ...(mixed ? [forbiddenField(field, 'may not use ReadWriteOncePod with other access modes')] : []),
  ];
}

/** The name of a class, if one is named. */
export const validateClassName = (field: string, name: string | undefined): FieldError[] =>
  name ? complaintsAbout(field, name, dns1123Subdomain(name)) : [];

/** A PersistentVolume (core/validation ValidatePersistentVolumeSpec). */
export function validatePersistentVolume(volume: PersistentVolume): FieldError[] {
  const spec: Partial<VolumeSpec> = volume.spec ?? {};
  const [source, second] = sourcesOf(spec);
  const classField = 'spec.volumeAttributesClassName';
  const errors = [
    ...validateAccessModes(spec.accessModes ?? [], 'spec.accessModes'),
    ...validateCapacity(spec.capacity ?? {}),
    ...oneOf('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, ['Delete', 'Recycle', 'Retain']),
    ...validateNodeAffinity(spec),
    ...(source === undefined ? [required('spec', 'must specify a volume type')] : []),
    ...(second === undefined ? [] : [forbiddenField(`spec.${second}`, 'may not specify more than 1 volume type')]),
    ...validateVolumeSource(spec),
    ...validateClassName('spec.storageClassName', spec.storageClassName),
    ...oneOf('spec.volumeMode', spec.volumeMode, VOLUME_MODES),
  ];
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(
      forbiddenField('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"),
    );
  }
  if (spec.volumeAttributesClassName === undefined) return errors;
  if (spec.volumeAttributesClassName === '') errors.push(required(classField, 'an empty string is disallowed'));
  if (!spec.csi) errors.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'));
  return [...errors, ...validateClassName(classField, spec.volumeAttributesClassName)];
}

function validateCapacity(capacity: Readonly<Record<string, string>>): FieldError[] {
  const names = Object.keys(capacity);
  return [
    ...(names.length === 0 ? [required('spec.capacity')] : []),
    ...(names.length === 1 && names[0] === 'storage' ? [] : [notSupported('spec.capacity', capacity, ['storage'])]),
    ...Object.entries(capacity).flatMap(([name, amount]) => validatePositiveQuantity(amount, `spec.capacity[${name}]`)),
  ];
}

function validateNodeAffinity({ nodeAffinity, local }: Partial<VolumeSpec>): FieldError[] {
  const field = 'spec.nodeAffinity';
  const terms = nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const errors = terms.flatMap((term, index) =>
    validateNodeTerm(term, `${field}.required.nodeSelectorTerms[${index}]`),
  );
  if (nodeAffinity && !nodeAffinity.required) {
    errors.push(required(`${field}.required`, 'must specify required node constraints'));
  } else if (nodeAffinity && terms.length === 0) {
    errors.push(required(`${field}.required.nodeSelectorTerms`, 'must have at least one node selector term'));
  }
  return local && terms.length === 0 ? [...errors, required(field, 'Local volume requires node affinity')] : errors;
}

/** Where a volume is and how it is formatted is for life; where it may be used, once said. */
export function validatePersistentVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const after: Partial<VolumeSpec> = volume.spec ?? {};
  const before: Partial<VolumeSpec> = old.spec ?? {};
  const sourceOf = (spec: Partial<VolumeSpec>) =>
    sourcesOf(spec).map((name) => {
      if (name !== 'csi' || !spec.csi || before.csi?.controllerExpandSecretRef) return [name, spec[name]];
      // The secret for growing a volume may come later.
      const { controllerExpandSecretRef: _added, ...csi } = spec.csi;
      return [name, csi];
    });
  return [
    ...(equalJson(sourceOf(after), sourceOf(before))
      ? []
      : [forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')]),
    ...immutable('volumeMode', after.volumeMode, before.volumeMode),
    ...(before.nodeAffinity ? immutable('nodeAffinity', after.nodeAffinity, before.nodeAffinity) : []),
    ...(before.volumeAttributesClassName !== undefined && after.volumeAttributesClassName === undefined
      ? [forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')]
      : []),
  ];
}

type ClaimResources = NonNullable<PersistentVolumeClaim['spec']>['resources'];

/** A bound claim may ask for another size: all it asks for, but the size as it was. */
function withStorageOf(after: ClaimResources, before: ClaimResources): ClaimResources {
  const { storage: _asked, ...requests } = after?.requests ?? {};
  const storage = before?.requests?.['storage'];
  return { ...after, requests: { ...requests, ...(storage === undefined ? {} : { storage }) } };
}

/** A class of attributes may be changed for another, but not taken away. */
function validateAttributesClassUpdate(after: string | undefined, before: string | undefined): FieldError[] {
  if (before === undefined || after === before || after) return [];
  const to = after === undefined ? 'nil' : 'an empty string';
  return [forbiddenField('spec.volumeAttributesClassName', `update from non-nil value to ${to} is forbidden`)];
}

/** A claim's spec is for life but for what grows or is given to it once (ValidatePersistentVolumeClaimUpdate). */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const after = claim.spec ?? {};
  const before = old.spec ?? {};
  const bound = claim.status?.phase === 'Bound';
  const allowed = {
    ...after,
    ...(before.volumeName ? {} : { volumeName: undefined }),
    ...(before.storageClassName === undefined ? { storageClassName: undefined } : {}),
    ...(bound && after.resources?.requests ? { resources: withStorageOf(after.resources, before.resources) } : {}),
    volumeAttributesClassName: before.volumeAttributesClassName,
  };
  const errors: FieldError[] = [];
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  const kept = before.volumeName ? before : { ...before, volumeName: undefined };
  if (!equalJson(plain(allowed), plain(kept))) {
    errors.push(
      forbiddenField(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    );
  }
  const size = after.resources?.requests?.['storage'] ?? '0';
  const shrinks = parseQuantity(size) < parseQuantity(before.resources?.requests?.['storage'] ?? '0');
  if (shrinks && parseQuantity(size) <= parseQuantity(old.status?.capacity?.['storage'] ?? '0')) {
    errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  return [
    ...errors,
    ...immutable('volumeMode', after.volumeMode, before.volumeMode),
    ...validateAttributesClassUpdate(after.volumeAttributesClassName, before.volumeAttributesClassName),
  ];
}

/** Amounts in the status of a claim are not negative. */
export function validateClaimStatus(claim: PersistentVolumeClaim): FieldError[] {
  return (['capacity', 'allocatedResources'] as const).flatMap((field) =>
    Object.entries(claim.status?.[field] ?? {}).flatMap(([name, amount]) =>
      parseQuantity(amount) < 0
        ? [invalidValue(`status.${field}[${name}]`, amount, 'must be a valid resource quantity')]
        : [],
    ),
  );
}
