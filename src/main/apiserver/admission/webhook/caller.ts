import { createHash } from 'node:crypto';
import { Agent, request as send, type RequestOptions } from 'node:https';
import { messageOf } from '../../../../shared/api/errors.ts';
import type { WebhookClientConfig } from '../../../resources/validation/webhook-client.ts';
import { ServiceAgent, type ServiceDialer } from './service-agent.ts';

/** A call that brought no usable answer; the message says what failed. */
export class CallFailed extends Error {}

/** Answers are small; what is longer is no answer. */
const LONGEST_ANSWER = 3 * 1024 * 1024;
const IDLE_CONNECTIONS = 8;

/** Where a webhook is: one of these is used again and again, and so is its connection. */
interface Destination {
  url: URL;
  /** The name its certificate must have. */
  serverName: string;
  service: { namespace: string; name: string; port: number } | undefined;
}

export function destinationOf({ url, service }: WebhookClientConfig): Destination {
  if (service) {
    const { namespace, name, port = 443, path = '' } = service;
    const serverName = `${name}.${namespace}.svc`;
    return { url: new URL(path, `https://${serverName}:${port}`), serverName, service: { namespace, name, port } };
  }
  const target = new URL(url ?? '');
  return { url: target, serverName: target.hostname, service: undefined };
}

/** What upstream shows of where it called: with the port of a service, and the time it allows. */
function shownUrl({ url, service }: Destination, seconds: number): string {
  const host = service ? `${url.hostname}:${service.port}` : url.host;
  return `https://${host}${url.pathname}?timeout=${seconds}s`;
}

/**
 * Sends reviews to webhooks over TLS: to a URL, or into the cluster to a Service. Connections are kept and used again.
 * Nothing is followed to another place, no credential is sent, and only a certificate signed by the webhook's own
 * authority will do (the system's, when it names none).
 */
export class WebhookCaller {
  readonly #agents = new Map<string, Agent>();

  constructor(private readonly dialService: ServiceDialer) {}

  /** Resolves with the parsed body of a 2xx answer; throws CallFailed. */
  async call(client: WebhookClientConfig, body: object, timeoutSeconds: number): Promise<unknown> {
    const destination = destinationOf(client);
    const shown = shownUrl(destination, timeoutSeconds);
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    let answer: { code: number; text: string };
    try {
      answer = await this.#exchange(destination, client.caBundle, JSON.stringify(body), timeoutSeconds, signal);
    } catch (error) {
      const why = signal.aborted ? 'context deadline exceeded' : messageOf(error);
      throw new CallFailed(`failed to call webhook: Post ${JSON.stringify(shown)}: ${why}`, { cause: error });
    }
    if (answer.code < 200 || answer.code >= 300)
      throw new CallFailed(`failed to call webhook: ${refusalText(answer.code, answer.text)}`);
    try {
      return JSON.parse(answer.text) as unknown;
    } catch (error) {
      throw new CallFailed(`failed to call webhook: couldn't get version/kind; json parse error: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #exchange(
    destination: Destination,
    caBundle: string | undefined,
    body: string,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<{ code: number; text: string }> {
    const { url, serverName, service } = destination;
    const ca = caBundle ? Buffer.from(caBundle, 'base64').toString() : undefined;
    const options: RequestOptions = {
      method: 'POST',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: service?.port ?? (url.port || 443),
      path: `${url.pathname}?timeout=${timeoutSeconds}s`,
      servername: /^[\d.]+$|:/.test(serverName) ? '' : serverName,
      ...(ca ? { ca } : {}),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, */*',
        'user-agent': 'kube-apiserver-admission',
        'content-length': Buffer.byteLength(body),
      },
      signal,
    };
    return exchange({ ...options, agent: this.#agentFor(destination, ca) }, body);
  }

  /** One pool for each authority, and for each Service. */
  #agentFor({ service, serverName }: Destination, ca: string | undefined): Agent {
    const authority = createHash('sha256')
      .update(ca ?? '')
      .digest('base64');
    const key = service ? `${authority} ${service.namespace}/${service.name}:${service.port}` : authority;
    let agent = this.#agents.get(key);
    if (!agent) {
      agent = service
        ? new ServiceAgent((signal) => this.dialService(service, signal), {
            servername: serverName,
            ...(ca ? { ca } : {}),
          })
        : new Agent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS });
      this.#agents.set(key, agent);
    }
    return agent;
  }
}

function exchange(options: RequestOptions, body: string): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = send(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LONGEST_ANSWER) sent.destroy(new Error('the answer of the webhook is too long'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What client-go says of an answer that is no success. */
function refusalText(code: number, text: string): string {
  if (code >= 300 && code < 400) return `the webhook answered with a redirect (${code}), which is not followed`;
  if (code === 404) return 'the server could not find the requested resource';
  if (code >= 500)
    return `an error on the server (${JSON.stringify(text.slice(0, 1000))}) has prevented the request from succeeding`;
  return `the server rejected our request for an unknown reason (${code})`;
}
