import { apiVersionOf } from '../../../shared/api/kinds.ts';
import type { ManagedFieldsEntry } from '../../../shared/api/managed-fields.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { blankObject } from '../../resources/apply/blank-object.ts';
import { customFieldType, fieldTypeNamed, type FieldType } from '../../resources/apply/field-type.ts';
import { readOwners, sameOwners } from '../../resources/apply/managed-entries.ts';
import { trackUpdate } from '../../resources/apply/track-update.ts';
import { comparing, type Versions } from '../../resources/apply/versions.ts';
import { timestamp, type RegistryContext, type Target } from './context.ts';
import { equalJson } from './json-value.ts';
import { prefixOf } from './keys.ts';

export type ManagedFields = readonly ManagedFieldsEntry[] | undefined;

/** The field manager of what the server writes unasked: upstream's loopback client is called so. */
const OWN_MANAGER = 'kube-apiserver';

export const managerOf = (target: Target): string => target.manager ?? OWN_MANAGER;

const fieldTypeOfKind = (kind: KindDefinition): FieldType =>
  kind.schemaOf ? customFieldType(kind.schemaOf()) : fieldTypeNamed(kind.schema);

const same = (object: unknown): unknown => object;

/** The versions of a kind's objects, seen from that kind. */
export function versionsOf(catalog: KindCatalog, kind: KindDefinition): Versions {
  const own = apiVersionOf(kind.type);
  return (apiVersion) => {
    if (apiVersion === own) return { type: fieldTypeOfKind(kind), to: same, from: same };
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const other = catalog.findByGvk(group, version, kind.type.kind);
    if (!other || prefixOf(other, '') !== prefixOf(kind, '')) return undefined;
    return { type: fieldTypeOfKind(other), to: converting(kind, other), from: converting(other, kind) };
  };
}

function converting(from: KindDefinition, to: KindDefinition): (object: unknown) => unknown {
  return (object) => {
    const stored = from.storedAs ? from.storedAs.toStored(object as KubeObject) : (object as KubeObject);
    return to.storedAs ? to.storedAs.fromStored(stored) : stored;
  };
}

/** The object as it is before anybody has set anything. */
export const blankOf = (kind: KindDefinition): Record<string, unknown> =>
  kind.schemaOf ? {} : blankObject(kind.schema);

/** The same object without managedFields. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _owners, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** managedFields of an object that is being created; `given` is what the request said. */
export function ownersOfNew(
  context: RegistryContext,
  target: Target,
  object: KubeObject,
  given: ManagedFields,
): ManagedFields {
  const { kind } = target;
  // What the main resource resets is nobody's: status is not created.
  const { status, ...rest } = withoutManagedFields(object) as KubeObject & { status?: unknown };
  const wanted = kind.hasStatus ? rest : { ...rest, ...(status === undefined ? {} : { status }) };
  return trackUpdate({
    by: { manager: managerOf(target), apiVersion: apiVersionOf(kind.type), subresource: '' },
    now: timestamp(context.clock.now()),
    live: undefined,
    given,
    isNew: true,
    compareAt: comparing(versionsOf(context.catalog, kind), blankOf(kind), wanted),
  });
}

/** managedFields after an update of `old` to `object`; both without their own. */
export function ownersAfter(
  context: RegistryContext,
  target: Target,
  subresource: string,
  change: { old: KubeObject; object: KubeObject; live: ManagedFields; given: ManagedFields },
): ManagedFields {
  const { kind } = target;
  return trackUpdate({
    by: { manager: managerOf(target), apiVersion: apiVersionOf(kind.type), subresource },
    now: timestamp(context.clock.now()),
    live: change.live,
    given: change.given,
    isNew: false,
    compareAt: comparing(versionsOf(context.catalog, kind), change.old, change.object),
  });
}

export function setManagedFields(object: KubeObject, owners: ManagedFields): void {
  const metadata = (object.metadata ??= {});
  if (owners && owners.length > 0) metadata.managedFields = owners as ManagedFieldsEntry[];
  else delete metadata.managedFields;
}

/** After admission: a plugin that made nonsense of managedFields is overruled (managedFieldsValidatingAdmissionController). */
export function keepValidOwners(target: Target, object: KubeObject, owners: ManagedFields): void {
  const now = object.metadata?.managedFields;
  if (now === owners || (now && readOwners(now))) return;
  if (now)
    target.warnings?.push(
      '.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests',
    );
  setManagedFields(object, owners);
}

/** Whether a write changes nothing but times in managedFields, which is no change (IgnoreManagedFieldsTimestampsTransformer). */
export function isUnchanged(object: KubeObject, served: KubeObject): boolean {
  if (!sameOwners(object.metadata?.managedFields, served.metadata?.managedFields)) return false;
  return equalJson(withoutManagedFields(object), withoutManagedFields(served));
}
