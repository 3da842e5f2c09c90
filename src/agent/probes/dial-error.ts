const DIAL_WORDS: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** A connection error in Go's words, which is how it stands in every runbook. */
export function dialError(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'ECONNRESET') return error.message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer';
  const words = DIAL_WORDS[error.code ?? ''];
  return words ? `dial tcp ${host}:${port}: ${words}` : error.message;
}
