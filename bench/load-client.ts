import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { credentialsOf, type Credentials } from '../e2e/harness/api.ts';

/**
 * The API server's client for load: HTTP/1.1 over TLS with the administrator's certificate, one connection for each
 * request under way, kept alive. Answers are received whole but not parsed, which would be time of the client's.
 */
export class LoadClient {
  readonly #agent: Agent;
  readonly #connection: Credentials;

  constructor(kubeconfig: string) {
    this.#connection = credentialsOf(kubeconfig);
    const { ca, cert, key } = this.#connection;
    this.#agent = new Agent({ keepAlive: true, maxFreeSockets: 256, ca, cert, key });
  }

  /** Resolves with the answer's body. Rejects with the answer when it is no success. */
  async send(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Buffer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await this.#exchange(method, path, this.#agent, text, contentType);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks);
    const { statusCode = 0 } = response;
    if (statusCode < 200 || statusCode > 299)
      throw new Error(`${method} ${path} answered ${statusCode}: ${answer.toString('utf8', 0, 300)}`);
    return answer;
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse((await this.send('GET', path)).toString()) as T;
  }

  create(path: string, body: unknown): Promise<Buffer> {
    return this.send('POST', path, body);
  }

  /** A stream over a connection of its own, as every watching program has one. `onLine` gets each line of it. */
  async watch(path: string, onLine: (line: string) => void): Promise<Watch> {
    const { ca, cert, key } = this.#connection;
    const agent = new Agent({ ca, cert, key });
    const response = await this.#exchange('GET', path, agent, undefined, '');
    if (response.statusCode !== 200) throw new Error(`GET ${path} answered ${response.statusCode ?? 0}`);
    let rest = '';
    let closing = false;
    const ended = new Promise<void>((resolve, reject) => {
      response.on('close', resolve);
      response.on('error', (error) => (closing ? resolve() : reject(error)));
    });
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    return {
      close: () => {
        closing = true;
        response.destroy();
        return ended;
      },
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(
    method: string,
    path: string,
    agent: Agent,
    text: string | undefined,
    contentType: string,
  ): Promise<IncomingMessage> {
    const headers =
      text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      request({ ...this.#connection, agent, method, path, headers }, resolve)
        .on('error', reject)
        .end(text);
    });
  }
}

export interface Watch {
  close(): Promise<void>;
}
