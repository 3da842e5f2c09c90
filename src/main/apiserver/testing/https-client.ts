import { request } from 'node:https';
import type { TestServer } from './test-server.ts';

export interface RawAnswer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface RawRequest {
  method?: string;
  /** Sent as it is. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The administrator's token unless given; null sends none. */
  token?: string | null;
  key?: string;
  cert?: string;
}

/** One HTTP/1.1 request to a test server, with no client library in between. */
export function rawRequest(test: TestServer, options: RawRequest): Promise<RawAnswer> {
  const token = options.token === undefined ? test.tokens.adminToken : options.token;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: test.server.port,
        path: options.path,
        method: options.method ?? 'GET',
        ca: test.pki.caCertificate,
        ...(options.key ? { key: options.key } : {}),
        ...(options.cert ? { cert: options.cert } : {}),
        headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...options.headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            code: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(options.body);
  });
}

export const jsonOfAnswer = (answer: RawAnswer): Record<string, unknown> =>
  JSON.parse(answer.text) as Record<string, unknown>;
