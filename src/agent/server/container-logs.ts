import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import type { ObservedContainer } from '../runtime/observed.ts';
import { FrameParser } from '../runtime/log-frames.ts';
import type { LogOptions } from './log-options.ts';

/** Sends a container's log as plain text; with `follow` until the container ends or the client goes. */
export async function sendLogs(
  docker: Docker,
  container: ObservedContainer,
  options: LogOptions,
  response: ServerResponse,
): Promise<void> {
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const source = await openLog(docker, container, options, abort.signal);
  response.writeHead(200, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
  try {
    const cut = plain(source, container.tty, options.limitBytes);
    await pipeline(Readable.from(cut), response);
  } catch (error) {
    // The client has gone: nobody to tell.
    if (!abort.signal.aborted) throw error;
  } finally {
    abort.abort();
  }
}

async function openLog(
  docker: Docker,
  container: ObservedContainer,
  options: LogOptions,
  abortSignal: AbortSignal,
): Promise<Readable> {
  const asked = {
    stdout: true,
    stderr: true,
    timestamps: options.timestamps,
    abortSignal,
    ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
    // dockerode's type wants a number, which would lose the fraction; Docker reads the text.
    ...(options.since === undefined ? {} : { since: options.since as unknown as number }),
  };
  const handle = docker.getContainer(container.id);
  // An ended container has nothing to follow, and Docker would keep the stream open no longer either.
  if (options.follow && container.state === 'running') {
    return (await handle.logs({ ...asked, follow: true })) as Readable;
  }
  return Readable.from([await handle.logs({ ...asked, follow: false })]);
}

/** The bytes without Docker's framing, cut at the limit. */
async function* plain(
  chunks: AsyncIterable<Uint8Array>,
  tty: boolean,
  limitBytes: number | undefined,
): AsyncGenerator<Uint8Array> {
  const parser = new FrameParser();
  let left = limitBytes ?? Infinity;
  for await (const chunk of chunks) {
    for (const bytes of tty ? [chunk] : parser.push(chunk).map((frame) => frame.bytes)) {
      if (left <= 0) return;
      yield bytes.length > left ? bytes.subarray(0, left) : bytes;
      left -= bytes.length;
    }
  }
}
