import { ApiError } from '../../../shared/api/errors.ts';
import type { ChannelMessages, ChannelName, ChannelParams } from '../../../shared/live/contract.ts';
import type { ApiRequest, Transport } from '../../../shared/client/transport.ts';
import type { LiveClient } from './live-client.ts';

/** Channels that answer once. */
type OneShot = Extract<ChannelName, 'api' | 'apply' | 'simulate' | 'info'>;

/** Opens a channel for its one answer. Rejects with ApiError when the channel ends with a Status or without an answer. */
export function ask<C extends OneShot>(
  live: LiveClient,
  channel: C,
  params: ChannelParams<C>,
  signal?: AbortSignal,
): Promise<ChannelMessages[C]> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      opened.close();
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const opened = live.open(channel, params, {
      onMessage: (message) => {
        signal?.removeEventListener('abort', abort);
        opened.close();
        resolve(message);
      },
      onEnd: (error) => {
        signal?.removeEventListener('abort', abort);
        reject(error ?? new ApiError(500, 'InternalError', 'the answer never came'));
      },
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

/** One request to the API server as the signed-in user. Resolves with the JSON value, rejects with ApiError. */
export async function request<T>(live: LiveClient, { signal, query, ...rest }: ApiRequest): Promise<T> {
  const given = Object.entries(query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const answer = await ask(
    live,
    'api',
    { ...rest, ...(given.length > 0 ? { query: Object.fromEntries(given) } : {}) },
    signal,
  );
  if (!answer.ok) throw ApiError.fromStatus(answer.status);
  return answer.value as T;
}

/**
 * Lets the shared `ApiClient` speak over the live connection. Only requests travel this way: what the screen follows
 * comes by `rows`, `object` and `events` channels, and logs by `logs`, so a watch or a stream here is a mistake.
 */
export function liveTransport(live: LiveClient): Transport {
  return {
    request: (wanted) => request(live, wanted),
    watch: () => {
      throw new Error('the screen does not watch: open a rows or object channel');
    },
    stream: () => {
      throw new Error('the screen does not stream: open a logs channel');
    },
  };
}
