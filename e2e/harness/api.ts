// A plain HTTPS client of the API server with the administrator's certificate: for tests that count every answer.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

export interface Answer {
  status: number;
  body: unknown;
}

/** Where a kubeconfig's API server is, and the TLS credentials for it: what `node:https` and `node:tls` take. */
export interface Credentials {
  host: string;
  port: number;
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

/** Reads a kubeconfig's only cluster and user. */
export function credentialsOf(kubeconfig: string): Credentials {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const [{ cluster } = { cluster: undefined }] = clusters;
  const [{ user } = { user: undefined }] = users;
  if (!cluster || !user) throw new Error(`${kubeconfig} names no cluster and user`);
  const pem = (base64: string): Buffer => Buffer.from(base64, 'base64');
  const { hostname, port } = new URL(cluster.server);
  return {
    host: hostname,
    port: Number(port),
    ca: pem(cluster['certificate-authority-data']),
    cert: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
  };
}

/** Requests with the credentials of a kubeconfig. */
export class Api {
  private readonly credentials: Credentials;
  private readonly agent: Agent;

  constructor(kubeconfig: string) {
    this.credentials = credentialsOf(kubeconfig);
    const { ca, cert, key } = this.credentials;
    this.agent = new Agent({ keepAlive: true, ca, cert, key });
  }

  /** One request; rejects when the connection fails before the whole answer is there. */
  request(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const sent = request(
        {
          host: this.credentials.host,
          port: this.credentials.port,
          agent: this.agent,
          method,
          path,
          headers: text ? { 'content-type': contentType } : {},
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            if (!response.complete) return reject(new Error('the answer was cut short'));
            resolve({
              status: response.statusCode ?? 0,
              body: JSON.parse(Buffer.concat(chunks).toString() || 'null') as unknown,
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(text);
    });
  }

  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.request('GET', path);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
    return body as T;
  }

  close(): void {
    this.agent.destroy();
  }
}
