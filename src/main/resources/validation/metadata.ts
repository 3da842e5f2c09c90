import type { KubeObject, ObjectMeta, OwnerReference } from '../../../shared/api/meta.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, forbiddenField, immutable, invalidValue, required, tooLong } from './fields.ts';
import { dns1035Label, dns1123Label, dns1123Subdomain, labelValue, pathSegment, qualifiedName } from './names.ts';

/** Keys and values of all annotations together. */
export const MAX_ANNOTATION_BYTES = 256 * 1024;

const NAME_RULES: Readonly<Record<KindDefinition['nameRule'], (value: string) => string[]>> = {
  dns1123subdomain: dns1123Subdomain,
  dns1123label: dns1123Label,
  dns1035label: dns1035Label,
  'path-segment': pathSegment,
};

/** Rules for `metadata` of every kind (apimachinery `ValidateObjectMeta`). */
export function validateMetadata(kind: Pick<KindDefinition, 'nameRule' | 'type'>, object: KubeObject): FieldError[] {
  const meta = object.metadata ?? {};
  const rule = NAME_RULES[kind.nameRule];
  const errors: FieldError[] = [];
  if (meta.generateName) {
    // The five random characters that will follow always end the name well, so a trailing dash is allowed.
    errors.push(
      ...complaintsAbout('metadata.generateName', meta.generateName, rule(maskTrailingDash(meta.generateName))),
    );
  }
  if (!meta.name) {
    if (!meta.generateName) errors.push(required('metadata.name', 'name or generateName is required'));
  } else errors.push(...complaintsAbout('metadata.name', meta.name, rule(meta.name)));
  if (kind.type.namespaced) {
    if (!meta.namespace) errors.push(required('metadata.namespace'));
    else errors.push(...complaintsAbout('metadata.namespace', meta.namespace, dns1123Label(meta.namespace)));
  } else if (meta.namespace) {
    errors.push(forbiddenField('metadata.namespace', 'not allowed on this type'));
  }
  if (meta.generation !== undefined && meta.generation < 0) {
    errors.push(invalidValue('metadata.generation', meta.generation, 'must be greater than or equal to 0'));
  }
  return [
    ...errors,
    ...validateLabels('metadata.labels', meta.labels),
    ...validateAnnotations('metadata.annotations', meta.annotations),
    ...validateOwnerReferences(meta.ownerReferences ?? []),
    ...validateFinalizers(meta.finalizers ?? []),
  ];
}

const maskTrailingDash = (name: string): string =>
  name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;

export function validateLabels(field: string, labels: Readonly<Record<string, string>> | undefined): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...complaintsAbout(field, key, qualifiedName(key)),
    ...complaintsAbout(field, value, labelValue(value)),
  ]);
}

export function validateAnnotations(
  field: string,
  annotations: Readonly<Record<string, string>> | undefined,
): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...entries.flatMap(([key]) => complaintsAbout(field, key, qualifiedName(key.toLowerCase()))),
    ...(bytes > MAX_ANNOTATION_BYTES ? [tooLong(field, MAX_ANNOTATION_BYTES)] : []),
  ];
}

function validateOwnerReferences(references: readonly OwnerReference[]): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors = references.flatMap((reference) => {
    const found: FieldError[] = [];
    if (!reference.apiVersion?.split('/').at(-1)) {
      found.push(invalidValue(`${field}.apiVersion`, reference.apiVersion, 'version must not be empty'));
    }
    if (!reference.kind) found.push(invalidValue(`${field}.kind`, reference.kind, 'must not be empty'));
    if (!reference.name) found.push(invalidValue(`${field}.name`, reference.name, 'must not be empty'));
    if (!reference.uid) found.push(invalidValue(`${field}.uid`, reference.uid, 'must not be empty'));
    if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
      found.push(invalidValue(field, reference, '/v1, Kind=Event is disallowed from being an owner'));
    }
    return found;
  });
  const controllers = references.filter((reference) => reference.controller === true);
  if (controllers.length > 1) {
    errors.push(
      invalidValue(
        field,
        references,
        `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]?.kind ?? ''}/${controllers[0]?.name ?? ''} and ${controllers[1]?.kind ?? ''}/${controllers[1]?.name ?? ''}`,
      ),
    );
  }
  return errors;
}

/** The two that need no domain: the garbage collector's own. */
const BUILT_IN_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function validateFinalizers(finalizers: readonly string[]): FieldError[] {
  const field = 'metadata.finalizers';
  const errors = finalizers.flatMap((finalizer) => {
    const complaints = qualifiedName(finalizer);
    if (complaints.length > 0) return complaintsAbout(field, finalizer, complaints);
    if (finalizer.includes('/') || BUILT_IN_FINALIZERS.has(finalizer)) return [];
    return [invalidValue(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

/** What of `metadata` may not change (`ValidateObjectMetaUpdate`). `object` already carries what the server keeps. */
export function validateMetadataUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const meta: ObjectMeta = object.metadata ?? {};
  const before: ObjectMeta = old.metadata ?? {};
  const errors: FieldError[] = [];
  if (before.deletionTimestamp) {
    const added = (meta.finalizers ?? []).filter((finalizer) => !before.finalizers?.includes(finalizer));
    if (added.length > 0) {
      errors.push(
        forbiddenField(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
        ),
      );
    }
  }
  if (meta.generation !== undefined && before.generation !== undefined && meta.generation < before.generation) {
    errors.push(invalidValue('metadata.generation', meta.generation, 'must not be decremented'));
  }
  const fixed = [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const;
  return [...errors, ...fixed.flatMap((name) => immutable(`metadata.${name}`, meta[name], before[name]))];
}
