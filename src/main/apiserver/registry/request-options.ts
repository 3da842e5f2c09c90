import { badRequest, invalid, type ApiError } from '../../../shared/api/errors.ts';
import { flagOf } from '../request-info.ts';
import { isPlainObject } from './plain-object.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** Query parameters of create, update and patch. */
export interface WriteOptions {
  dryRun: boolean;
  fieldValidation: FieldValidation;
}

/** And of a server-side apply. */
export interface ApplyOptions extends WriteOptions {
  /** Take over fields that others own. */
  force: boolean;
}

export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** metav1.DeleteOptions. */
export interface DeleteOptions {
  dryRun: boolean;
  gracePeriodSeconds?: number;
  propagationPolicy?: PropagationPolicy;
  preconditions: { uid?: string; resourceVersion?: string };
}

function dryRunOf(values: readonly unknown[]): boolean {
  for (const value of values)
    if (value !== 'All')
      throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
        {
          reason: 'FieldValueNotSupported',
          message: `Unsupported value: ${JSON.stringify(value)}: supported values: "All"`,
          field: 'dryRun',
        },
      ]);
  return values.length > 0;
}

/** validation.FieldManagerMaxLength. */
const LONGEST_MANAGER = 128;

function invalidPatchOption(reason: string, field: string, message: string): ApiError {
  return invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [{ reason, message, field }]);
}

function checkFieldManager(manager: string): void {
  if (manager.length > LONGEST_MANAGER)
    throw invalidPatchOption(
      'FieldValueTooLong',
      'fieldManager',
      `Too long: may not be more than ${LONGEST_MANAGER} bytes`,
    );
  const bad = [...manager].findIndex((character) => /[\p{C}\p{Zl}\p{Zp}]/u.test(character));
  if (bad < 0) return;
  const code = ([...manager][bad]?.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  throw invalidPatchOption(
    'FieldValueInvalid',
    'fieldManager',
    `Invalid value: ${JSON.stringify(manager)}: invalid character U+${code} (at position ${bad})`,
  );
}

/** Options of an apply, which must say who applies. Throws 422. */
export function applyOptionsOf(query: URLSearchParams): ApplyOptions {
  if (!query.get('fieldManager'))
    throw invalidPatchOption('FieldValueRequired', 'fieldManager', 'Required value: is required for apply patch');
  return { ...writeOptionsOf(query), force: flagOf(query, 'force') };
}

/** Options of any other patch. Throws 422. */
export function patchOptionsOf(query: URLSearchParams): WriteOptions {
  if (query.has('force'))
    throw invalidPatchOption('FieldValueForbidden', 'force', 'Forbidden: may not be specified for non-apply patch');
  return writeOptionsOf(query);
}

/** Reads `dryRun` and `fieldValidation`; 422 / 400 on values upstream does not know. */
export function writeOptionsOf(query: URLSearchParams): WriteOptions {
  checkFieldManager(query.get('fieldManager') ?? '');
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (fieldValidation !== 'Ignore' && fieldValidation !== 'Warn' && fieldValidation !== 'Strict')
    throw invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
      {
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(fieldValidation)}: supported values: "Ignore", "Strict", "Warn"`,
        field: 'fieldValidation',
      },
    ]);
  return { dryRun: dryRunOf(query.getAll('dryRun').filter((value) => value !== '')), fieldValidation };
}

const POLICIES: readonly string[] = ['Background', 'Foreground', 'Orphan'];

function graceOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const seconds = typeof value === 'string' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds))
    throw badRequest('gracePeriodSeconds must be an integer');
  // A negative period means "as the object says", as upstream's defaulting does for pods.
  return Math.max(seconds, 0);
}

/** Reads the options of a delete from its body, or from the query when there is no body. */
export function deleteOptionsOf(query: URLSearchParams, body: unknown): DeleteOptions {
  if (body !== undefined && body !== null && !isPlainObject(body)) throw badRequest('DeleteOptions must be an object');
  const given = body ?? {
    gracePeriodSeconds: query.get('gracePeriodSeconds') ?? undefined,
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
  };
  const preconditions = isPlainObject(given['preconditions']) ? given['preconditions'] : {};
  const policy = given['propagationPolicy'] ?? undefined;
  if (policy !== undefined && (typeof policy !== 'string' || !POLICIES.includes(policy)))
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      {
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", ""`,
        field: 'propagationPolicy',
      },
    ]);
  const inBody = Array.isArray(given['dryRun']) ? (given['dryRun'] as unknown[]) : [];
  const inQuery = query.getAll('dryRun').filter((value) => value !== '');
  const grace = graceOf(given['gracePeriodSeconds']);
  const { uid, resourceVersion } = preconditions;
  return {
    dryRun: dryRunOf([...inBody, ...inQuery]),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as PropagationPolicy }),
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
  };
}
