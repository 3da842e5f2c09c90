import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, badRequest, messageOf, serviceUnavailable } from '../../../shared/api/errors.ts';
import type { NodeDialer } from '../node-dialer.ts';

export interface KubeletRequest {
  node: string;
  /** GET when it does not say. */
  method?: 'GET' | 'PUT' | 'DELETE';
  /** With query; already encoded. */
  path: string;
  headers?: OutgoingHttpHeaders;
  signal: AbortSignal;
}

/** What a kubelet answered: a response, or a connection it switched to another protocol. */
export type KubeletAnswer =
  | { type: 'response'; message: IncomingMessage }
  | { type: 'upgraded'; message: IncomingMessage; stream: Duplex; head: Buffer };

/** 503: the machine cannot be talked to now. */
export const unreachable = (node: string, error: unknown): ApiError =>
  serviceUnavailable(`error dialing the kubelet of node ${JSON.stringify(node)}: ${messageOf(error)}`);

/** Sends a request without a body to a node's kubelet over a connection of its own. Throws 503 when the node cannot be reached. */
export async function askKubelet(dialNode: NodeDialer, ask: KubeletRequest): Promise<KubeletAnswer> {
  let connection: Duplex;
  try {
    connection = await dialNode(ask.node);
  } catch (error) {
    throw unreachable(ask.node, error);
  }
  return new Promise<KubeletAnswer>((resolve, reject) => {
    const sent = request({
      method: ask.method ?? 'GET',
      path: ask.path,
      headers: { host: ask.node, ...ask.headers },
      createConnection: () => connection,
      signal: ask.signal,
    });
    sent.on('response', (message) => {
      message.on('close', () => connection.destroy());
      resolve({ type: 'response', message });
    });
    sent.on('upgrade', (message, stream, head) => resolve({ type: 'upgraded', message, stream, head }));
    sent.on('error', (error) => {
      connection.destroy();
      reject(unreachable(ask.node, error));
    });
    sent.end();
  });
}

/** Longest error text taken over from a kubelet. */
const LONGEST_ERROR = 10_000;

/** A kubelet's refusal as a Status: its words, under the reason that fits its code (GenericHttpResponseChecker). */
export async function kubeletError(message: IncomingMessage): Promise<ApiError> {
  let text = '';
  for await (const chunk of message as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length > LONGEST_ERROR) break;
  }
  text = text.trim().slice(0, LONGEST_ERROR);
  switch (message.statusCode) {
    case 400:
      return badRequest(text);
    case 404:
      return new ApiError(404, 'NotFound', text || 'the server could not find the requested resource');
    case 500:
      return new ApiError(500, 'InternalError', `Internal error occurred: ${text}`);
    default:
      return new ApiError(
        message.statusCode ?? 500,
        'Unknown',
        text || `the kubelet answered ${message.statusCode ?? 0}`,
      );
  }
}
