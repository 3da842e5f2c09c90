import { isFieldSet, readFieldSet, type FieldSet } from '../../../shared/api/field-set.ts';
import type { ManagedFieldsEntry } from '../../../shared/api/managed-fields.ts';
import { isJsonObject } from '../decode/json-value.ts';

/** One manager's fields. Never changed in place: entries are shared between versions of an object. */
export interface Owner {
  /** What makes two entries the same manager's (BuildManagerIdentifier). */
  readonly id: string;
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339 to the second. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** The entry this was read from, as long as it says the same. */
  readonly entry?: ManagedFieldsEntry;
}

export type Owners = ReadonlyMap<string, Owner>;

/** What tells a manager from others; the version counts for updates only. */
export type ManagerOf = Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

export const ownerId = ({ manager, operation, apiVersion, subresource }: ManagerOf): string =>
  JSON.stringify([manager, operation, operation === 'Update' ? apiVersion : '', subresource]);

/** validation.FieldManagerMaxLength and MaxSubresourceNameLength. */
const LONGEST_MANAGER = 128;
const LONGEST_SUBRESOURCE = 256;

/** Reads managedFields. Undefined when any entry is not what the server itself would write. */
export function readOwners(entries: readonly unknown[]): Map<string, Owner> | undefined {
  const owners = new Map<string, Owner>();
  for (const entry of entries) {
    const owner = readOwner(entry);
    if (!owner) return undefined;
    owners.set(owner.id, owner);
  }
  return owners;
}

function readOwner(entry: unknown): Owner | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { manager = '', operation, apiVersion, time, fieldsType, fieldsV1, subresource = '' } = entry;
  if (typeof manager !== 'string' || manager.length > LONGEST_MANAGER) return undefined;
  if (typeof subresource !== 'string' || subresource.length > LONGEST_SUBRESOURCE) return undefined;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (typeof apiVersion !== 'string' || apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
  if (time !== undefined && typeof time !== 'string') return undefined;
  const fields = fieldsOf(fieldsV1);
  if (!fields) return undefined;
  const owner = { manager, operation, apiVersion, subresource, time, fields } as const;
  const same = isJsonObject(fieldsV1) && isFieldSet(fieldsV1) && Object.isFrozen(entry);
  return { ...owner, id: ownerId(owner), ...(same ? { entry } : {}) };
}

function fieldsOf(value: unknown): FieldSet | undefined {
  try {
    return readFieldSet(value);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The owners as managedFields, in upstream's order. Undefined for none. */
export function writeOwners(owners: Owners): ManagedFieldsEntry[] | undefined {
  if (owners.size === 0) return undefined;
  return [...owners.values()].sort(inOrder).map(entryOf);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const inOrder = (a: Owner, b: Owner): number =>
  compare(a.operation, b.operation) ||
  compare(a.time ?? '', b.time ?? '') ||
  compare(a.manager, b.manager) ||
  compare(a.apiVersion, b.apiVersion) ||
  compare(a.subresource, b.subresource);

/** Entries made lately, by their fields: pods that a controller makes in one second have equal ones. */
const lately = new Map<FieldSet, ManagedFieldsEntry>();
const MOST_REMEMBERED = 256;

function entryOf(owner: Owner): ManagedFieldsEntry {
  if (owner.entry) return owner.entry;
  const { manager, operation, apiVersion, time, fields, subresource } = owner;
  const last = lately.get(fields);
  if (last && last.time === time && isEntryOf(last, owner)) return last;
  const entry = Object.freeze({
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource === '' ? {} : { subresource }),
  });
  if (lately.size >= MOST_REMEMBERED) lately.clear();
  lately.set(fields, entry);
  return entry;
}

const isEntryOf = (entry: ManagedFieldsEntry, owner: Owner): boolean =>
  entry.manager === owner.manager &&
  entry.operation === owner.operation &&
  entry.apiVersion === owner.apiVersion &&
  (entry.subresource ?? '') === owner.subresource;

/** The owner with other fields, which is another entry. */
export function withFields({ entry: _entry, ...owner }: Owner, fields: FieldSet): Owner {
  return { ...owner, fields };
}

/** Whether two lists of entries say the same but for their times. */
export function sameOwners(
  a: readonly ManagedFieldsEntry[] | undefined,
  b: readonly ManagedFieldsEntry[] | undefined,
): boolean {
  if (a === b) return true;
  if (!a || !b || a.length !== b.length) return false;
  const olds = readOwners(a);
  const news = readOwners(b);
  if (!olds || !news) return false;
  return [...olds.values()].every(({ id, apiVersion, fields }) => {
    const other = news.get(id);
    return other?.apiVersion === apiVersion && sameSet(other.fields, fields);
  });
}

/** Equal sets are one object unless a generation of remembered sets ended between them. */
export const sameSet = (a: FieldSet, b: FieldSet): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
