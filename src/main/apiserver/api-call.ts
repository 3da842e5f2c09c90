import type { IncomingHttpHeaders } from 'node:http';
import type { ListMeta } from '../../shared/api/meta.ts';
import type { KindDefinition } from '../resources/definition.ts';
import type { StoredValue } from '../store/storage.ts';
import type { Annotate } from './audit/annotate.ts';
import type { UserInfo } from './auth/user.ts';
import type { RequestBody } from './registry/decode-request.ts';
import type { WatchItem } from './registry/watch-event.ts';

/** One request, however it came: over TLS or from inside the process. Authentication is done. */
export interface ApiCall {
  user: UserInfo;
  method: string;
  /** Still encoded, without the query. */
  path: string;
  query: URLSearchParams;
  /** Absent when there is none. */
  body: RequestBody | undefined;
  /** The Accept header; absent for a client in the same process, which takes values as they are. */
  accept?: string;
  /** All of the request's headers, for what is passed on. Absent for a client in the same process. */
  headers?: IncomingHttpHeaders;
  /** The If-None-Match header: what the client has. */
  ifNoneMatch?: string | undefined;
  /** The User-Agent header: the field manager of writes that do not say theirs. */
  userAgent?: string | undefined;
  /** Aborts when the client is gone. */
  signal: AbortSignal;
  /** Notes something in the call's audit event. Absent where no event is written. */
  annotate?: Annotate;
}

/** What a call comes to; put on the wire, or handed over as values, by whoever made the call. Errors are thrown as ApiError. */
export type Answer = { warnings?: readonly string[] } & (
  | {
      type: 'object';
      code: number;
      /** A JSON value; may be frozen. */
      value: object;
      /** Set when the value is an object of this kind, which can be shown as a Table. */
      kind?: KindDefinition;
    }
  | { type: 'list'; kind: KindDefinition; items: readonly StoredValue[]; metadata: ListMeta }
  | { type: 'watch'; kind: KindDefinition; events: AsyncIterable<WatchItem[]> }
  | {
      type: 'stream';
      code: number;
      contentType: string;
      /** All headers of an answer that is someone else's and is passed on as it is. */
      headers?: Readonly<Record<string, string | string[]>>;
      body: AsyncIterable<Uint8Array>;
    }
  | {
      type: 'text';
      code: number;
      contentType: string;
      text: string;
      /** Changes with the text: a client that has it already is answered 304. */
      etag?: string;
    }
);

/** What upstream's mux answers for a path that nothing serves. */
export const pageNotFound = (): Answer => ({
  type: 'text',
  code: 404,
  contentType: 'text/plain; charset=utf-8',
  text: '404 page not found\n',
});

/** metav1.Status of a request that was carried out. */
export function successStatus(details?: { name: string; group: string; plural: string; uid: string }): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details
      ? {
          details: {
            name: details.name,
            ...(details.group ? { group: details.group } : {}),
            kind: details.plural,
            uid: details.uid,
          },
        }
      : {}),
  };
}
