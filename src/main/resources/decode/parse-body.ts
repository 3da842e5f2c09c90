import { badRequest, messageOf, unsupportedMediaType } from '../../../shared/api/errors.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { parseYaml } from './parse-yaml.ts';

const ACCEPTED = ['application/json', 'application/yaml'];
const YAML_TYPES = new Set(['application/yaml', 'application/apply-patch+yaml', 'text/yaml', 'application/x-yaml']);

/** A body as a value, with the paths of fields that were given twice (`spec.replicas`). */
export interface ParsedBody {
  value: unknown;
  duplicateFields: string[];
}

/**
 * JSON or YAML text into a value. No content type is JSON, as `kubectl scale` sends it.
 * Throws ApiError 415 for other types, and 400 with the place of the mistake for text that is not what it says it is.
 */
export function parseBody(bytes: Uint8Array, contentType: string | undefined): ParsedBody {
  const mediaType = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (YAML_TYPES.has(mediaType)) return parseYaml(decodeText(bytes));
  if (mediaType === '' || mediaType === 'application/json' || mediaType.endsWith('+json')) {
    return parseJson(decodeText(bytes));
  }
  throw unsupportedMediaType(ACCEPTED);
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw jsonError('the body is not UTF-8 text');
    throw error;
  }
}

function parseJson(text: string): ParsedBody {
  if (text.trim() === '') throw jsonError('unexpected end of JSON input');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw jsonError(withLine(messageOf(error), text));
  }
  try {
    return { value, duplicateFields: duplicateFields(text) };
  } catch (error) {
    if (error instanceof RangeError) throw jsonError(messageOf(error));
    throw error;
  }
}

const jsonError = (message: string): Error =>
  badRequest(`the object provided is unrecognized: couldn't get version/kind; json parse error: ${message}`);

/** V8 gives an offset; people look for a line. */
function withLine(message: string, text: string): string {
  const offset = /at position (\d+)/.exec(message)?.[1];
  if (offset === undefined) return message;
  const before = text.slice(0, Number(offset)).split('\n');
  return `${message.replace(/ \(line \d+ column \d+\)/, '')} (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}
