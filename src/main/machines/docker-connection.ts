import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import Docker from 'dockerode';

type Connected = (error: Error | null, stream: Duplex) => void;

/** What node's HTTP client calls on a socket and a plain stream lacks. */
const SOCKET_METHODS = ['setKeepAlive', 'setNoDelay', 'setTimeout', 'ref', 'unref'] as const;

/** Makes a stream good enough for node's HTTP client: the socket's tuning methods do nothing. */
function asSocket(stream: Duplex): Duplex {
  for (const method of SOCKET_METHODS) {
    if (!(method in stream)) Object.defineProperty(stream, method, { value: () => stream });
  }
  if (!('destroySoon' in stream)) Object.defineProperty(stream, 'destroySoon', { value: () => stream.destroy() });
  return stream;
}

/** An HTTP agent whose connections are streams opened by `dial`, kept alive for the next request. */
class DialAgent extends Agent {
  constructor(private readonly dial: () => Promise<Duplex>) {
    // One idle stream saves a channel (3 ms, or a round trip) a request; 64 is far below what sshd allows.
    super({ keepAlive: true, maxSockets: 64, maxFreeSockets: 4 });
  }

  override createConnection(_options: unknown, connected?: Connected): undefined {
    // With an error node looks at no stream, although its type wants one.
    const refused = connected as ((error: Error) => void) | undefined;
    this.dial().then(
      (stream) => connected?.(null, asSocket(stream)),
      (error: unknown) => refused?.(error instanceof Error ? error : new Error(String(error))),
    );
    return undefined;
  }
}

export interface DockerConnection {
  docker: Docker;
  /** Ends idle and busy streams. */
  close(): void;
}

/** Docker's API over streams that `dial` opens. */
export function dockerOver(dial: () => Promise<Duplex>): DockerConnection {
  const agent = new DialAgent(dial);
  // docker-modem passes `agent` on to node's HTTP client; the types leave it out.
  const options: Docker.DockerOptions & { agent: Agent } = { protocol: 'http', host: 'docker', port: 80, agent };
  const docker = new Docker(options);
  return { docker, close: () => agent.destroy() };
}
