import { isApiError, messageOf } from '../../../shared/api/errors.ts';
import type { ApplyResult } from '../../../shared/live/contract.ts';
import type { YamlDocument } from './yaml-documents.ts';

type ApplyError = ApplyResult['errors'][number];

/** Turns what the API server refused into sentences at lines. `within` is the path of the object in its document. */
export function explainError(error: unknown, document: YamlDocument, within = ''): ApplyError[] {
  const at = (field: string): number => document.lineOf(within === '' ? field : `${within}.${field}`);
  if (!isApiError(error)) return [{ message: messageOf(error), line: document.line }];
  const strict = [...error.message.matchAll(/(unknown|duplicate) field "((?:[^"\\]|\\.)+)"/g)];
  if (error.message.includes('strict decoding error') && strict.length > 0)
    return strict.map(([, problem = '', quoted = '']) => {
      const field = quoted.replaceAll('\\"', '"');
      return { message: `${problem} field "${field}"`, field, line: at(field) };
    });
  const causes = error.status.details?.causes ?? [];
  const told = causes.filter(({ field }) => field !== undefined && field !== '');
  if (told.length > 0)
    return told.map(({ field = '', message = '' }) => ({ message: plainly(field, message), field, line: at(field) }));
  const namespaceIsMissing = error.code === 404 && error.status.details?.kind === 'namespaces';
  return [{ message: error.message, line: at(namespaceIsMissing ? 'metadata.namespace' : '') }];
}

const GO_TYPES: Record<string, string> = {
  string: 'text',
  bool: 'true or false',
  int32: 'a whole number',
  int64: 'a whole number',
  float64: 'a number',
};
const JSON_TYPES: Record<string, string> = { string: 'text', bool: 'true or false', array: 'a list', object: 'a map' };

/** Go's words about a wrong type, with what they mean before them. */
function plainly(field: string, message: string): string {
  const wrong = /cannot unmarshal (\w+) into Go (?:struct field \S+|value) of type (\S+)/.exec(message);
  if (!wrong) return `${field}: ${message}`;
  const [, given = '', type = ''] = wrong;
  const wanted = GO_TYPES[type] ?? (type.startsWith('[]') ? 'a list' : 'a map');
  return `${field} must be ${wanted}, not ${JSON_TYPES[given] ?? `a ${given}`} (${message})`;
}
