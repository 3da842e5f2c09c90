import { ApiError, badRequest, invalid } from '../../../shared/api/errors.ts';
import type { ListMeta } from '../../../shared/api/meta.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { CompactedError, type ListPage, type StoredValue } from '../../store/storage.ts';
import { decodeContinue, encodeContinue, type Continuation } from './continue-token.ts';
import type { RegistryContext } from './context.ts';
import { revisionOf, waitForRevision } from './freshness.ts';
import { keyFor, prefixOf } from './keys.ts';
import { selectionOf } from './selection.ts';
import { revisionError } from './storage-errors.ts';
import { servedValue } from './stored-version.ts';

export interface Listed {
  items: StoredValue[];
  metadata: ListMeta;
}

interface ListRequest {
  limit: number | undefined;
  from: Continuation | undefined;
  /** Read exactly this state. */
  exact: number | undefined;
  /** Read a state no older than this. */
  notOlder: number | undefined;
}

/** Keys read from the store at a time while looking for a page of matches. */
const SCAN = 1000;

/** Lists a kind, whole or by pages, as of one revision. Throws 400, 410 Expired, 504 (future revision). */
export async function listObjects(
  context: RegistryContext,
  kind: KindDefinition,
  namespace: string,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<Listed> {
  const selection = selectionOf(kind, query);
  const request = listRequestOf(query);
  const prefix = prefixOf(kind, namespace);
  if (request.notOlder !== undefined) await waitForRevision(context.storage, request.notOlder, signal);
  if (request.exact !== undefined) await waitForRevision(context.storage, request.exact, signal);

  if (selection.name !== undefined && request.from === undefined && (namespace !== '' || !kind.type.namespaced))
    return listOne(context, kind, keyFor(kind, namespace, selection.name), selection.matches, request.exact);

  const items: StoredValue[] = [];
  let revision = request.from && request.from.revision > 0 ? request.from.revision : request.exact;
  let after = request.from ? prefix + request.from.after : undefined;
  for (;;) {
    const page = await readPage(context, {
      prefix,
      ...(after === undefined ? {} : { after }),
      ...(request.limit === undefined ? {} : { limit: selection.everything ? request.limit : SCAN }),
      ...(revision === undefined ? {} : { revision }),
    });
    revision = page.revision;
    const last = take(kind, page, selection.matches, items, request.limit);
    const more = page.more || last.left > 0;
    after = last.key ?? after;
    if (!more || after === undefined) return { items, metadata: { resourceVersion: String(revision) } };
    if (request.limit !== undefined && items.length >= request.limit) {
      const metadata: ListMeta = {
        resourceVersion: String(revision),
        continue: encodeContinue({ revision, after: after.slice(prefix.length) }),
      };
      if (selection.everything) metadata.remainingItemCount = page.remaining + last.left;
      return { items, metadata };
    }
  }
}

/** A list of at most one name: of the keys that begin with an object's key, its own comes first. */
async function listOne(
  context: RegistryContext,
  kind: KindDefinition,
  key: string,
  matches: (value: StoredValue) => boolean,
  revision: number | undefined,
): Promise<Listed> {
  const page = await readPage(context, { prefix: key, limit: 1, ...(revision === undefined ? {} : { revision }) });
  const items = page.items
    .filter((item) => item.key === key)
    .map((item) => servedValue(kind, item.value))
    .filter(matches);
  return { items, metadata: { resourceVersion: String(page.revision) } };
}

/** Adds matches until the limit; says the last key looked at and how many of the page were not. */
function take(
  kind: KindDefinition,
  page: ListPage,
  matches: (value: StoredValue) => boolean,
  into: StoredValue[],
  limit: number | undefined,
): { key: string | undefined; left: number } {
  let key: string | undefined;
  for (const [index, item] of page.items.entries()) {
    if (limit !== undefined && into.length >= limit) return { key, left: page.items.length - index };
    key = item.key;
    const value = servedValue(kind, item.value);
    if (matches(value)) into.push(value);
  }
  return { key, left: 0 };
}

async function readPage(
  context: RegistryContext,
  range: Parameters<RegistryContext['storage']['list']>[0],
): Promise<ListPage> {
  try {
    return await context.storage.list(range);
  } catch (error) {
    if (error instanceof CompactedError && range.after !== undefined)
      throw expiredToken(range.after.slice(range.prefix.length));
    throw revisionError(error);
  }
}

/** Upstream's 410 for a token whose revision is gone; it carries a token to go on with, inconsistently. */
function expiredToken(after: string): ApiError {
  const error = new ApiError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  error.status.metadata = { continue: encodeContinue({ revision: -1, after }) };
  return error;
}

function listRequestOf(query: URLSearchParams): ListRequest {
  const limitText = query.get('limit') ?? '';
  if (!/^\d{0,10}$/.test(limitText)) throw badRequest(`invalid limit: ${JSON.stringify(limitText)}`);
  const limit = Number(limitText) > 0 ? Number(limitText) : undefined;
  const token = query.get('continue') || undefined;
  const revision = revisionOf(query.get('resourceVersion'));
  const match = query.get('resourceVersionMatch') || undefined;
  checkMatch(match, revision, token);
  if (token !== undefined) {
    if (revision !== undefined && revision !== 0)
      throw badRequest('specifying resource version is not allowed when using continue');
    return { limit, from: decodeContinue(token), exact: undefined, notOlder: undefined };
  }
  if (revision === undefined || revision === 0)
    return { limit, from: undefined, exact: undefined, notOlder: undefined };
  // Without a match, a limit makes the version exact, as upstream has always read it.
  const exact = match === 'Exact' || (match === undefined && limit !== undefined);
  return { limit, from: undefined, exact: exact ? revision : undefined, notOlder: exact ? undefined : revision };
}

function checkMatch(match: string | undefined, revision: number | undefined, token: string | undefined): void {
  if (match === undefined) return;
  const refuse = (message: string): never => {
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      { reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' },
    ]);
  };
  if (match !== 'Exact' && match !== 'NotOlderThan')
    refuse(`Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`);
  if (revision === undefined) refuse('Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (token !== undefined) refuse('Forbidden: resourceVersionMatch is forbidden when continue is provided');
  if (match === 'Exact' && revision === 0)
    refuse('Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
}
