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

/** Requests with the credentials of a kubeconfig. */
export class Api {
  private readonly server: URL;
  private readonly agent: Agent;

  constructor(kubeconfig: string) {
    const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
    const [{ cluster } = { cluster: undefined }] = clusters;
    const [{ user } = { user: undefined }] = users;
    if (!cluster || !user) throw new Error(`${kubeconfig} names no cluster and user`);
    const pem = (base64: string): Buffer => Buffer.from(base64, 'base64');
    this.server = new URL(cluster.server);
    this.agent = new Agent({
      keepAlive: true,
      ca: pem(cluster['certificate-authority-data']),
      cert: pem(user['client-certificate-data']),
      key: pem(user['client-key-data']),
    });
  }

  /** One request; rejects when the connection fails before the whole answer is there. */
  request(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const sent = request(
        {
          host: this.server.hostname,
          port: this.server.port,
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
