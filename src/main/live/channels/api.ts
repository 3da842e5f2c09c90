import { isApiError } from '../../../shared/api/errors.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { ApiMessage, ApiParams } from '../../../shared/live/contract.ts';
import type { ChannelOutput } from '../channel.ts';

/** One request to the API server as the screen's user; what the server refuses is an answer too. */
export async function openApi(client: ApiClient, params: ApiParams, out: ChannelOutput<ApiMessage>): Promise<void> {
  const { method, path, query, body, contentType } = params;
  const answer = client.transport.request<unknown>({
    method,
    path,
    ...(query ? { query } : {}),
    ...(body === undefined ? {} : { body }),
    ...(contentType ? { contentType } : {}),
    signal: out.signal,
  });
  await out.send(
    await answer.then(
      (value): ApiMessage => ({ ok: true, value }),
      (error: unknown): ApiMessage => {
        if (isApiError(error)) return { ok: false, status: error.status };
        throw error;
      },
    ),
  );
  out.end();
}
