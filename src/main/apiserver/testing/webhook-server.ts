import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority, issueLeaf } from '../pki/certificates.ts';

/** What a webhook was asked, as far as tests look. */
export interface SeenReview {
  path: string;
  apiVersion: string;
  request: {
    uid: string;
    kind: { group: string; version: string; kind: string };
    resource: { group: string; version: string; resource: string };
    requestKind: { group: string; version: string; kind: string };
    subResource?: string;
    name: string;
    namespace?: string;
    operation: string;
    userInfo: { username: string; groups: string[] };
    object: Record<string, unknown> | null;
    oldObject: Record<string, unknown> | null;
    dryRun: boolean;
    options: { kind: string } | null;
  };
}

interface HttpAnswer {
  http: number;
  body?: string;
  headers?: Record<string, string>;
}
const isHttp = (answer: object): answer is HttpAnswer => 'http' in answer;

/** The `response` of an answer, without uid; or a whole HTTP answer instead. */
export type WebhookAnswer =
  | ({ allowed: boolean } & Record<string, unknown>)
  | HttpAnswer
  /** Never answered. */
  | 'silence';

/** An HTTPS webhook on a loopback port that answers what a test says, by path. */
export interface WebhookServer {
  port: number;
  /** Base64 of the authority's certificate, as `caBundle` has it. */
  caBundle: string;
  reviews: SeenReview[];
  /** Connections that were opened. */
  connections(): number;
  on(path: string, answer: (review: SeenReview) => WebhookAnswer): void;
  close(): Promise<void>;
}

/** A JSON patch as a webhook sends it. */
export const patchAnswer = (operations: readonly object[]): WebhookAnswer => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

export async function startWebhookServer(names: readonly string[] = []): Promise<WebhookServer> {
  const authority = await createAuthority('webhooks', Date.now());
  const leaf = await issueLeaf(
    authority,
    {
      commonName: 'webhook',
      organizations: [],
      days: 1,
      usage: 'server',
      alternativeNames: [
        { type: 'ip', value: '127.0.0.1' },
        ...names.map((value) => ({ type: 'dns' as const, value })),
      ],
    },
    Date.now(),
  );
  const answers = new Map<string, (review: SeenReview) => WebhookAnswer>();
  const reviews: SeenReview[] = [];
  let connections = 0;
  const server: Server = createServer({ key: leaf.key, cert: leaf.certificate }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const review = { ...(JSON.parse(Buffer.concat(chunks).toString()) as SeenReview), path };
      reviews.push(review);
      const answer = answers.get(path)?.(review) ?? { http: 404, body: '404 page not found\n' };
      if (answer === 'silence') return;
      if (isHttp(answer)) return void response.writeHead(answer.http, answer.headers ?? {}).end(answer.body);
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          kind: 'AdmissionReview',
          apiVersion: review.apiVersion,
          response: { uid: review.request.uid, ...answer },
        }),
      );
    });
  });
  server.on('secureConnection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caBundle: Buffer.from(authority.certificate).toString('base64'),
    reviews,
    connections: () => connections,
    on: (path, answer) => void answers.set(path, answer),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
