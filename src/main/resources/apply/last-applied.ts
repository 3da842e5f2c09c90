import type { FieldSet } from '../../../shared/api/field-set.ts';
import { getOwn, isJsonObject, type JsonObject } from '../decode/json-value.ts';
import { compareFields } from './compare.ts';
import { difference } from './set-algebra.ts';
import { setOfValue } from './set-of.ts';
import type { Versions } from './versions.ts';

/** Where kubectl's client-side apply keeps what it applied. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The most that annotations may be in all (TotalAnnotationSizeLimitB). */
const ANNOTATIONS_LIMIT = 256 * 1024;

function annotationsOf(object: JsonObject): JsonObject | undefined {
  const metadata = getOwn(object, 'metadata');
  const annotations = isJsonObject(metadata) ? getOwn(metadata, 'annotations') : undefined;
  return isJsonObject(annotations) ? annotations : undefined;
}

function lastApplied(object: JsonObject): JsonObject | undefined {
  const text = annotationsOf(object)?.[LAST_APPLIED];
  if (typeof text !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * The fields that kubectl applied on the client's side and that are still as it left them: kubectl's server-side apply
 * may change those, whoever is noted as their owner (lastAppliedManager).
 */
export function appliedBefore(live: JsonObject, apiVersion: string, versions: Versions): FieldSet | undefined {
  const applied = lastApplied(live);
  const version = versions(apiVersion);
  if (!applied || !version || applied['apiVersion'] !== apiVersion) return undefined;
  const { changed, removed } = compareFields(version.type, applied, live);
  return difference(difference(setOfValue(version.type, applied), changed), removed);
}

/**
 * Keeps the annotation of client-side apply up to date when kubectl applies on the server's side, so that one may go
 * back (lastAppliedUpdater). Returns the object, or a copy with the annotation.
 */
export function withLastApplied(object: JsonObject, config: JsonObject): JsonObject {
  const annotations = annotationsOf(object);
  if (!annotations || typeof annotations[LAST_APPLIED] !== 'string' || annotations[LAST_APPLIED] === '') return object;
  const text = `${JSON.stringify(withoutAnnotation(config))}\n`;
  const others = Object.entries(annotations).filter(([name]) => name !== LAST_APPLIED);
  const size = others.reduce((sum, [name, value]) => sum + name.length + String(value).length, LAST_APPLIED.length);
  const kept = size + text.length > ANNOTATIONS_LIMIT ? '' : text;
  const metadata = object['metadata'] as JsonObject;
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED]: kept } } };
}

function withoutAnnotation(config: JsonObject): JsonObject {
  const annotations = annotationsOf(config);
  if (!annotations) return config;
  const { [LAST_APPLIED]: _gone, ...others } = annotations;
  return { ...config, metadata: { ...(config['metadata'] as JsonObject), annotations: others } };
}
