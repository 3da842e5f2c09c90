import { ApiError, badRequest, isAlreadyExists, isNotFound } from '../../../shared/api/errors.ts';
import { apiVersionOf } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { applyConfig } from '../../resources/apply/apply.ts';
import { configProblems } from '../../resources/apply/config-problems.ts';
import { withLastApplied } from '../../resources/apply/last-applied.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { decodeObject, type Decodable } from '../../resources/decode/decode-object.ts';
import { matchName } from './checks.ts';
import { timestamp, type RegistryContext, type Target, type Written } from './context.ts';
import { createObject } from './create.ts';
import { complaintsOf } from './decode-request.ts';
import { blankOf, managerOf, versionsOf, withoutManagedFields, type ManagedFields } from './ownership.ts';
import { isPlainObject } from './plain-object.ts';
import type { ApplyOptions } from './request-options.ts';
import { updateObject } from './update.ts';

/** Lost races before giving up. */
const ATTEMPTS = 5;
/** kubectl keeps its client-side annotation in step. */
const KUBECTL = 'kubectl';

/** A body of application/apply-patch+yaml, read. */
export interface ApplyBody {
  value: unknown;
  duplicateFields: readonly string[];
}

/**
 * Server-side apply: merges the configuration into the stored object under the rules of ownership, or creates the object.
 * A configuration for `/status` says nothing of the rest, one for the object nothing of its status, and never creates.
 * Throws 400 (a configuration that cannot be), 409 (fields of others), and what updates and creates throw.
 */
export async function applyObject(
  context: RegistryContext,
  target: Target,
  mode: 'whole' | 'status',
  body: ApplyBody,
  options: ApplyOptions,
): Promise<Written> {
  const config = partFor(target.kind, mode, checkedConfig(context, target, body, options));
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await applyToStored(context, target, mode, config, options);
    } catch (error) {
      if (!isNotFound(error) || mode === 'status') throw error;
    }
    try {
      const owners = merge(context, target, '', config, undefined, options).managedFields;
      const { object } = decodeObject(target.kind, config);
      matchName(target, object);
      return await createObject(context, target, object, { dryRun: options.dryRun, owners });
    } catch (error) {
      // Somebody created it in between: what is there counts.
      if (!isAlreadyExists(error) || attempt >= ATTEMPTS) throw error;
    }
  }
}

function applyToStored(
  context: RegistryContext,
  target: Target,
  mode: 'whole' | 'status',
  config: KubeObject,
  options: ApplyOptions,
): Promise<Written> {
  const subresource = mode === 'status' ? 'status' : '';
  let owners: ManagedFields;
  return updateObject(context, target, {
    mode,
    subresource,
    dryRun: options.dryRun,
    attempts: ATTEMPTS,
    seesOwners: true,
    change: (old) => {
      const applied = merge(context, target, subresource, config, old, options);
      owners = applied.managedFields;
      return decodeObject(target.kind, applied.object).object;
    },
    owners: () => owners,
  });
}

/** Merges into what is stored, or into nothing. */
export function merge(
  context: RegistryContext,
  target: Target,
  subresource: string,
  config: KubeObject,
  old: KubeObject | undefined,
  options: Pick<ApplyOptions, 'force'>,
): { object: object; managedFields: ManagedFields } {
  const { kind } = target;
  const live = old ? withoutManagedFields(old) : blankOf(kind);
  const manager = managerOf(target);
  const applied = applyConfig({
    by: { manager, apiVersion: apiVersionOf(kind.type), subresource },
    force: options.force,
    now: timestamp(context.clock.now()),
    versions: versionsOf(context.catalog, kind),
    live: live as Record<string, unknown>,
    isNew: old === undefined,
    managedFields: old?.metadata?.managedFields,
    config: config as Record<string, unknown>,
  });
  const object =
    manager === KUBECTL ? withLastApplied(applied.object, config as Record<string, unknown>) : applied.object;
  return { object, managedFields: applied.managedFields };
}

/** `apps/v1, Kind=Deployment`, as Go prints a GroupVersionKind. */
const printType = (apiVersion: string, kind: string): string =>
  `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

const textIn = (object: Record<string, unknown>, name: string): string => {
  const value = object[name];
  return typeof value === 'string' ? value : '';
};

/** Checks that a body is a configuration of this type that could be applied. Throws 400. */
export function readConfig(type: Decodable, body: ApplyBody): Record<string, unknown> & { metadata?: unknown } {
  const { value } = body;
  if (!isPlainObject(value)) throw badRequest('error decoding YAML: the configuration must be an object');
  const apiVersion = textIn(value, 'apiVersion');
  const kind = textIn(value, 'kind');
  if (apiVersion !== apiVersionOf(type.type) || kind !== type.type.kind)
    throw badRequest(`invalid object type: ${printType(apiVersion, kind)}`);
  const { metadata } = value;
  if (isPlainObject(metadata) && metadata['managedFields'] !== undefined && metadata['managedFields'] !== null)
    throw badRequest('metadata.managedFields must be nil');
  return value;
}

/** A body as a configuration of the target's kind, every field of it known. Throws 400. */
export function checkedConfig(
  context: RegistryContext,
  target: Target,
  body: ApplyBody,
  options: ApplyOptions,
): KubeObject {
  const { kind } = target;
  const value = readConfig(kind, body);
  const version = versionsOf(context.catalog, kind)(apiVersionOf(kind.type));
  const problems = version ? configProblems(version.type, value) : [];
  if (problems.length > 0) throw notTyped(kind, value, problems);
  reportDuplicates(body, options, target.warnings ?? []);
  return decodeObject(kind, value).object;
}

/** Fields said twice: an error when strict, else a warning. */
export function reportDuplicates(body: ApplyBody, options: ApplyOptions, warnings: string[]): void {
  if (body.duplicateFields.length === 0 || options.fieldValidation === 'Ignore') return;
  const complaints = complaintsOf([], body.duplicateFields);
  if (options.fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${complaints.join(', ')}`);
  warnings.push(...complaints);
}

/** Upstream says this with a 500; a client's mistake is a 400 here. */
function notTyped(kind: KindDefinition, config: Record<string, unknown>, problems: readonly string[]): ApiError {
  const metadata = isPlainObject(config['metadata']) ? config['metadata'] : {};
  const object = `${textIn(metadata, 'namespace')}/${textIn(metadata, 'name')}`;
  const [only = ''] = problems;
  const text = problems.length === 1 ? only : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  const causes = problems.map((problem) => {
    const [field = '', ...rest] = problem.split(': ');
    return { reason: 'FieldValueInvalid', message: rest.join(': '), field };
  });
  return new ApiError(
    400,
    'BadRequest',
    `failed to create typed patch object (${object}; ${printType(apiVersionOf(kind.type), kind.type.kind)}): ${text}`,
    { causes },
  );
}

/** What of a configuration the resource or its status takes (the strategies' GetResetFields). */
function partFor(kind: KindDefinition, mode: 'whole' | 'status', config: KubeObject): KubeObject {
  const { status, ...rest } = config as KubeObject & { status?: unknown };
  if (mode === 'whole') return kind.hasStatus ? rest : config;
  const { apiVersion, kind: kindName, metadata } = rest;
  const { name, namespace, uid, resourceVersion } = metadata ?? {};
  const identity = Object.entries({ name, namespace, uid, resourceVersion }).filter(([, value]) => value !== undefined);
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kindName === undefined ? {} : { kind: kindName }),
    metadata: Object.fromEntries(identity),
    ...(status === undefined ? {} : { status }),
  };
}
