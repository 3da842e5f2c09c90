import { badRequest, invalid } from '../../../shared/api/errors.ts';
import { isPlainObject } from './plain-object.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** Query parameters of create, update and patch. */
export interface WriteOptions {
  dryRun: boolean;
  fieldValidation: FieldValidation;
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

/** Reads `dryRun` and `fieldValidation`; 422 / 400 on values upstream does not know. */
export function writeOptionsOf(query: URLSearchParams): WriteOptions {
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
