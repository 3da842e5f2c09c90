import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { ApiError, badRequest, tooLarge } from '../../../shared/api/errors.ts';
import { BODY_LIMIT, BODY_TIMEOUT_MS } from './limits.ts';

/** Reads a whole body. Throws 413 above the limit, 408 when it does not come in time, 400 when it breaks off. */
export function readRequestBody(
  request: IncomingMessage | Http2ServerRequest,
  limit = BODY_LIMIT,
  timeoutMs = BODY_TIMEOUT_MS,
): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(
      () => finish(() => reject(new ApiError(408, 'Timeout', 'the request body did not arrive in time'))),
      timeoutMs,
    );
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) finish(() => reject(tooLarge(limit)));
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish(() => resolve(Buffer.concat(chunks, size)));
    const onBroken = (): void => finish(() => reject(badRequest('the request body was cut off')));
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
      // What still comes is let through and forgotten, so that an early answer can be sent.
      request.on('error', () => undefined);
      request.resume();
      settle();
    };
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
}
