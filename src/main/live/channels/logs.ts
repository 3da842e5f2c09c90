import { pathOf, PODS } from '../../../shared/api/kinds.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { ChannelParams, LogsMessage } from '../../../shared/live/contract.ts';
import type { ChannelOutput } from '../channel.ts';

/** A container's log as text, as fast as the screen takes it: a slow screen slows the reading, nothing is dropped. */
export async function openLogs(
  client: ApiClient,
  params: ChannelParams<'logs'>,
  out: ChannelOutput<LogsMessage>,
): Promise<void> {
  const { namespace, pod, container, follow, previous, timestamps, tailLines } = params;
  const chunks = client.transport.stream({
    path: pathOf(PODS, namespace, pod, 'log'),
    query: {
      container,
      tailLines: String(tailLines),
      ...(follow ? { follow: 'true' } : {}),
      ...(previous ? { previous: 'true' } : {}),
      ...(timestamps ? { timestamps: 'true' } : {}),
    },
    signal: out.signal,
  });
  // A character may be cut by the end of a chunk: the decoder keeps its first half for the next.
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    if (out.signal.aborted) return;
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') await out.send({ text });
  }
  out.end();
}
