import { badRequest, isApiError } from '../../../shared/api/errors.ts';
import {
  matchesAll,
  parseFieldSelector,
  parseLabelSelector,
  type FieldTerm,
  type Requirement,
} from '../../../shared/api/selector.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import type { StoredValue } from '../../store/storage.ts';
import { asObject } from './as-object.ts';

/** A label selector and a field selector, read once. */
export interface Selection {
  /** True when everything matches. */
  readonly everything: boolean;
  /** The one object this can match, when `metadata.name` is given. */
  readonly name: string | undefined;
  matches(value: StoredValue): boolean;
}

type FieldReader = (object: KubeObject) => string;

const COMMON: Record<string, FieldReader> = {
  'metadata.name': (object) => object.metadata?.name ?? '',
  'metadata.namespace': (object) => object.metadata?.namespace ?? '',
};

function readerOf(kind: KindDefinition, field: string): FieldReader {
  const reader = Object.hasOwn(COMMON, field)
    ? COMMON[field]
    : Object.hasOwn(kind.selectableFields, field)
      ? kind.selectableFields[field]
      : undefined;
  if (!reader) throw badRequest(`field label not supported: ${field}`);
  return reader;
}

function parsed<T>(what: string, parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    if (isApiError(error)) throw badRequest(`unable to parse ${what} selector: ${error.message}`);
    throw error;
  }
}

/** Reads `labelSelector` and `fieldSelector`. Throws 400 on text or fields that cannot be selected by. */
export function selectionOf(kind: KindDefinition, query: URLSearchParams): Selection {
  const labels: Requirement[] = parsed('label', parseLabelSelector, query.get('labelSelector') ?? '');
  const terms: FieldTerm[] = parsed('field', parseFieldSelector, query.get('fieldSelector') ?? '');
  const fields = terms.map(({ field, equal, value }) => ({ read: readerOf(kind, field), equal, value }));
  const everything = labels.length === 0 && fields.length === 0;
  return {
    everything,
    name: terms.find(({ field, equal }) => field === 'metadata.name' && equal)?.value,
    matches(value) {
      if (everything) return true;
      const object = asObject(value);
      return (
        fields.every((term) => (term.read(object) === term.value) === term.equal) &&
        matchesAll(labels, object.metadata?.labels)
      );
    },
  };
}
