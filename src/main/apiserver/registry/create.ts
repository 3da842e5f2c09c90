import { ApiError, alreadyExists, badRequest } from '../../../shared/api/errors.ts';
import { randomSuffix } from '../../../shared/api/hash.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { validateMetadata } from '../../resources/validation/metadata.ts';
import { KeyExistsError } from '../../store/storage.ts';
import { matchNamespace, throwIfInvalid } from './checks.ts';
import { asStored } from './as-object.ts';
import { metaOf, newUid, timestamp, type RegistryContext, type Target, type Written } from './context.ts';
import { keyFor } from './keys.ts';
import { keepValidOwners, ownersOfNew, setManagedFields, type ManagedFields } from './ownership.ts';
import { servedValue, storedValue } from './stored-version.ts';
import { withReservation } from './write-hooks.ts';

/** Upstream's GenerateName retries (RetryGenerateName) and the longest base it keeps. */
const NAME_ATTEMPTS = 8;
const LONGEST_GENERATED_BASE = 58;

/**
 * Stores a new object: defaults, admission, the kind's own preparation, validation, then the write. `object` is a
 * decoded private copy and is changed in place; `owners` are its managedFields when they are known already.
 * Throws AlreadyExists, Invalid, Forbidden, NotFound (of the namespace).
 */
export async function createObject(
  context: RegistryContext,
  target: Target,
  object: KubeObject,
  options: { dryRun: boolean; owners?: ManagedFields },
): Promise<Written> {
  const { kind } = target;
  matchNamespace(target, object);
  const metadata = metaOf(object);
  if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  const generated = !metadata.name && Boolean(metadata.generateName);

  wipeSystemFields(object);
  kind.setDefaults(object);
  const owners = options.owners ?? ownersOfNew(context, target, object, metadata.managedFields);
  setManagedFields(object, owners);
  const request = {
    operation: 'CREATE' as const,
    kind,
    subresource: '',
    namespace: target.namespace,
    name: metadata.name ?? '',
    user: target.user,
    dryRun: options.dryRun,
    options: target.options,
    warn: (message: string) => void target.warnings?.push(message),
    annotate: target.annotate,
    object,
  };
  await context.admission.mutate(request);
  keepValidOwners(target, object, owners);
  fillSystemFields(object, context.clock.now());
  kind.prepareForCreate?.(object, {
    now: new Date(context.clock.now()),
    userName: target.user.name,
    user: target.user,
  });

  for (let attempt = 1; ; attempt += 1) {
    if (generated) metadata.name = generateName(metadata.generateName ?? '', context.random);
    const name = metadata.name ?? '';
    const creation = kind.validateCreate?.(object) ?? [];
    throwIfInvalid(kind, name, [...validateMetadata(kind, object), ...kind.validate(object), ...creation]);
    await context.admission.validate({ ...request, name });
    const reservation = await context.hooks.begin(kind, object, undefined, options.dryRun);
    try {
      const write = (): Promise<Written['object']> => store(context, { ...target, name }, object, options.dryRun);
      return { object: await withReservation(reservation, write), created: true };
    } catch (error) {
      if (!(error instanceof KeyExistsError)) throw error;
      if (!generated) throw alreadyExists(kind.type, name);
      if (attempt >= NAME_ATTEMPTS) throw generateNameConflict(target, name);
    }
  }
}

async function store(
  context: RegistryContext,
  target: Target,
  object: KubeObject,
  dryRun: boolean,
): Promise<Written['object']> {
  const key = keyFor(target.kind, target.namespace, target.name);
  if (dryRun) {
    if (await context.storage.get(key)) throw new KeyExistsError(key);
    return asStored(object);
  }
  const stored = await context.storage.create(key, storedValue(target.kind, object), target.kind.durability);
  return servedValue(target.kind, stored.value);
}

function generateName(base: string, random: () => number): string {
  return base.slice(0, LONGEST_GENERATED_BASE) + randomSuffix(random);
}

/** What a client cannot say about a new object (rest.WipeObjectMetaSystemFields). */
function wipeSystemFields(object: KubeObject): void {
  const metadata = metaOf(object);
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.generation;
  delete metadata.selfLink;
}

/** What the server says about every new object. */
function fillSystemFields(object: KubeObject, nowMs: number): void {
  const metadata = metaOf(object);
  metadata.uid = newUid();
  metadata.creationTimestamp = timestamp(nowMs);
  delete metadata.resourceVersion;
}

function generateNameConflict(target: Target, name: string): ApiError {
  const { group, plural } = target.kind.type;
  const qualified = `${plural}${group ? `.${group}` : ''}`;
  return new ApiError(
    409,
    'AlreadyExists',
    `${qualified} "${name}" already exists, the server was not able to generate a unique name for the object`,
    { name, kind: plural, ...(group ? { group } : {}), retryAfterSeconds: 1 },
  );
}
