import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../../shared/logger.ts';
import type { NodeDialer } from '../node-dialer.ts';

/** A client's request to switch protocols, not answered yet. */
export interface ClientConnection {
  request: IncomingMessage;
  socket: Duplex;
  /** What was read after the request's headers. */
  head: Buffer;
  /** Aborts when the client has gone. */
  signal: AbortSignal;
}

export interface StreamingDeps {
  dialNode: NodeDialer;
  log: Logger;
}

/** How long a client may take to open the streams it needs (DefaultStreamCreationTimeout), milliseconds. */
export const STREAM_CREATION_TIMEOUT_MS = 30_000;
