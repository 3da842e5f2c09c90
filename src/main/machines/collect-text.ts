import type { Readable } from 'node:stream';

/** Reads a stream to its end and keeps the first `limit` bytes; the function returned gives the text so far. */
export function collectText(stream: Readable, limit = 1 << 20): () => string {
  const chunks: Buffer[] = [];
  let kept = 0;
  stream.on('data', (chunk: Buffer) => {
    if (kept >= limit) return;
    chunks.push(chunk.subarray(0, limit - kept));
    kept += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
