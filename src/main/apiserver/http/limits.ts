/** Largest request body, as upstream's (3 MiB). */
export const BODY_LIMIT = 3 * 1024 * 1024;
/** A body must be complete within this time; a client that trickles is cut off. */
export const BODY_TIMEOUT_MS = 30_000;
/** The headers of a connection's first request must be complete within this time. */
export const HEADERS_TIMEOUT_MS = 10_000;
/** How long a connection may be open with nothing asked on it (upstream's IdleTimeout). */
export const IDLE_TIMEOUT_MS = 90_000;
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Streams a client may have open on one connection. */
export const MAX_CONCURRENT_STREAMS = 250;
export const MAX_HEADER_BYTES = 32 * 1024;
