import { badRequest } from '../../../shared/api/errors.ts';
import { fieldsOf, type ProtobufField } from './message-fields.ts';
import { WireReader } from './wire-reader.ts';

type JsonObject = Record<string, unknown>;

/** Deeper than any object of Kubernetes; a body that nests on is an attack on the stack. */
const DEEPEST = 64;

/**
 * Go writes numbers and booleans that are no pointers even when they are zero, which JSON leaves out. These are the
 * pointers (and the few JSON always has), whose zero means something.
 */
const ZERO_MATTERS: ReadonlySet<string> = new Set([
  'activeDeadlineSeconds',
  'allocateLoadBalancerNodePorts',
  'allowPrivilegeEscalation',
  'allowVolumeExpansion',
  'attachRequired',
  'automountServiceAccountToken',
  'backoffLimit',
  'backoffLimitPerIndex',
  'blockOwnerDeletion',
  'collisionCount',
  'completions',
  'controller',
  'defaultMode',
  'deletionGracePeriodSeconds',
  'enableServiceLinks',
  'exitCode',
  'expirationSeconds',
  'failedJobsHistoryLimit',
  'fsGroup',
  'gracePeriodSeconds',
  'hostProcess',
  'hostUsers',
  'immutable',
  'leaseDurationSeconds',
  'leaseTransitions',
  'lun',
  'manualSelector',
  'maxFailedIndexes',
  'maxReplicas',
  'minDomains',
  'minReplicas',
  'mode',
  'optional',
  'orphanDependents',
  'parallelism',
  'partition',
  'podInfoOnMount',
  'priority',
  'privileged',
  'progressDeadlineSeconds',
  'readOnlyRootFilesystem',
  'ready',
  'replicas',
  'requiresRepublish',
  'restartCount',
  'revisionHistoryLimit',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'seLinuxMount',
  'serving',
  'setHostnameAsFQDN',
  'shareProcessNamespace',
  'stabilizationWindowSeconds',
  'started',
  'startingDeadlineSeconds',
  'storageCapacity',
  'successfulJobsHistoryLimit',
  'suspend',
  'terminating',
  'terminationGracePeriodSeconds',
  'tolerationSeconds',
  'ttlSecondsAfterFinished',
  'value',
]);

/** Go embeds whose fields JSON shows as the outer message's own: `Volume.volumeSource`, `Probe.handler` … */
const INLINE: ReadonlySet<string> = new Set([
  'core.v1.Volume.volumeSource',
  'core.v1.Probe.handler',
  'core.v1.EphemeralContainer.ephemeralContainerCommon',
  'core.v1.PersistentVolumeSpec.persistentVolumeSource',
  'networking.v1.IngressRule.ingressRuleValue',
  'admissionregistration.v1.RuleWithOperations.rule',
  'admissionregistration.v1.NamedRuleWithOperations.ruleWithOperations',
]);
const isInline = (message: string, field: string): boolean =>
  INLINE.has(`${message}.${field}`) ||
  (field === 'localObjectReference' && /(KeySelector|EnvSource|VolumeSource|Projection)$/.test(message));

/** Decodes a message into the JSON value the same object would have. Throws 400 on bytes that are no such message. */
export function decodeMessage(message: string, bytes: Uint8Array, depth = 0): unknown {
  if (depth > DEEPEST) throw badRequest('protobuf: message is nested too deeply');
  switch (message) {
    case 'resource.Quantity':
      return stringAt(bytes, 1);
    case 'intstr.IntOrString':
      return intOrString(bytes);
    case 'meta.v1.Time':
      return time(bytes, 'seconds');
    case 'meta.v1.MicroTime':
      return time(bytes, 'micros');
    case 'authentication.v1.ExtraValue':
    case 'authorization.v1.ExtraValue':
    case 'certificates.v1.ExtraValue':
      // A list that is a type of its own in Go; a list like any other in JSON.
      return decodeFields(message, bytes, depth)['items'] ?? [];
    default:
      return decodeFields(message, bytes, depth);
  }
}

function decodeFields(message: string, bytes: Uint8Array, depth: number): JsonObject {
  const fields = fieldsOf(message);
  if (!fields) throw badRequest(`protobuf: unknown message ${message}`);
  const object: JsonObject = {};
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field: number, wireType } = reader.tag();
    const field = fields.get(number);
    if (!field) reader.skip(wireType);
    else readField(object, message, field, reader, wireType, depth);
  }
  return object;
}

function readField(
  object: JsonObject,
  message: string,
  field: ProtobufField,
  reader: WireReader,
  wireType: number,
  depth: number,
): void {
  if (field.shape === 'map') {
    const map = (object[field.name] ??= {}) as JsonObject;
    readEntry(map, field.type, reader.chunk(), depth);
    return;
  }
  const value = readValue(field.type, reader, wireType, depth);
  if (field.shape === 'list') {
    const list = (object[field.name] ??= []) as unknown[];
    list.push(value);
    return;
  }
  if (isInline(message, field.name)) Object.assign(object, value);
  else if (!isNoise(field.name, value)) object[field.name] = value;
}

/** What Go writes for "not set". */
function isNoise(name: string, value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return (value === 0 || value === false) && !ZERO_MATTERS.has(name);
}

function readEntry(map: JsonObject, type: string, bytes: Uint8Array, depth: number): void {
  const reader = new WireReader(bytes);
  let key = '';
  let value: unknown = type === 'string' || type === 'bytes' ? '' : undefined;
  while (!reader.done) {
    const { field, wireType } = reader.tag();
    if (field === 1) key = textOf(reader.chunk());
    else if (field === 2) value = readValue(type, reader, wireType, depth);
    else reader.skip(wireType);
  }
  Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}

function readValue(type: string, reader: WireReader, wireType: number, depth: number): unknown {
  const varint = type === 'bool' || type === 'int32' || type === 'int64';
  if (wireType !== (varint ? 0 : 2)) throw badRequest(`protobuf: wire type ${wireType} does not fit ${type}`);
  switch (type) {
    case 'bool':
      return reader.varint() !== 0n;
    case 'int32':
    case 'int64':
      return Number(BigInt.asIntN(64, reader.varint()));
    case 'string':
      return textOf(reader.chunk());
    case 'bytes':
      return Buffer.from(reader.chunk()).toString('base64');
    default:
      return decodeMessage(type, reader.chunk(), depth + 1);
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('protobuf: string field contains invalid UTF-8');
  }
}

/** All scalar fields of a small message by number. */
function scalars(bytes: Uint8Array): Map<number, bigint | Uint8Array> {
  const values = new Map<number, bigint | Uint8Array>();
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field, wireType } = reader.tag();
    if (wireType === 0) values.set(field, reader.varint());
    else if (wireType === 2) values.set(field, reader.chunk());
    else reader.skip(wireType);
  }
  return values;
}

const numberOf = (value: bigint | Uint8Array | undefined): number =>
  typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;

function stringAt(bytes: Uint8Array, field: number): string {
  const value = scalars(bytes).get(field);
  return value instanceof Uint8Array ? textOf(value) : '';
}

/** `{type, intVal, strVal}`: type 1 is a string. */
function intOrString(bytes: Uint8Array): number | string {
  const values = scalars(bytes);
  return numberOf(values.get(1)) === 1 ? stringAt(bytes, 3) : numberOf(values.get(2));
}

/** RFC 3339; a message without seconds is Go's zero time, which JSON shows as null. */
function time(bytes: Uint8Array, precision: 'seconds' | 'micros'): string | null {
  const values = scalars(bytes);
  if (!values.has(1)) return null;
  const date = new Date(numberOf(values.get(1)) * 1000);
  if (Number.isNaN(date.getTime())) throw badRequest('protobuf: time is out of range');
  const whole = date.toISOString().slice(0, 19);
  if (precision === 'seconds') return `${whole}Z`;
  return `${whole}.${String(Math.floor(numberOf(values.get(2)) / 1000)).padStart(6, '0')}Z`;
}
