import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Container } from '../../shared/api/kinds.ts';
import { dialError } from './dial-error.ts';
import type { ProbeOutcome } from './probe-result.ts';

type HttpGet = NonNullable<NonNullable<Container['livenessProbe']>['httpGet']>;

/** Go's http.Client gives up there. */
const MAX_REDIRECTS = 10;

/**
 * One try of an HTTP probe (pkg/probe/http): 200 to 399 is success. Redirects are followed within the host; one that
 * leads elsewhere counts as success without being followed. Never rejects.
 */
export async function httpOutcome(get: HttpGet, port: number, podIp: string, timeoutMs: number): Promise<ProbeOutcome> {
  const host = get.host || podIp;
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`;
  const scheme = get.scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http';
  const first = new URL(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`);
  const headers = headersOf(get);
  const deadline = AbortSignal.timeout(timeoutMs);
  let url = first;
  for (let followed = 0; ; followed += 1) {
    try {
      const { status, location } = await ask(url, headers, deadline);
      const next = redirectOf(status, location, url);
      if (next?.hostname === first.hostname) {
        if (followed + 1 >= MAX_REDIRECTS)
          return { ok: false, message: `Get "${next.href}": stopped after ${MAX_REDIRECTS} redirects` };
        url = next;
        continue;
      }
      return status >= 200 && status < 400
        ? { ok: true }
        : { ok: false, message: `HTTP probe failed with statuscode: ${status}` };
    } catch (error) {
      const why = deadline.aborted
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : dialError(error as NodeJS.ErrnoException, host, port);
      return { ok: false, message: `Get "${url.href}": ${why}` };
    }
  }
}

/** The probe's headers over ours; an empty `Accept` or `User-Agent` leaves it out (pkg/probe/http/request.go). */
function headersOf({ httpHeaders = [] }: HttpGet): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.34', accept: '*/*', connection: 'close' };
  for (const { name, value } of httpHeaders) headers[name.toLowerCase()] = value;
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== '' || !['accept', 'user-agent'].includes(name)),
  );
}

function redirectOf(status: number, location: string | undefined, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

function ask(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<{ status: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    // The certificate of a pod is nobody's business but its clients'.
    const options = { headers, agent: false, signal, ...(secure ? { rejectUnauthorized: false } : {}) };
    const outgoing = (secure ? httpsRequest : httpRequest)(url, options, (response: IncomingMessage) => {
      response.destroy();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
