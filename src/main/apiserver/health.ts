import { messageOf } from '../../shared/api/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Answer } from './api-call.ts';

/** Something that must be well; rejects when it is not. Named as upstream names it. */
export interface HealthCheck {
  name: string;
  check(): Promise<void>;
}

/** A check that takes longer is a failed one (upstream's etcd-healthcheck-timeout). */
const CHECK_TIMEOUT_MS = 2000;

const text = (code: number, body: string): Answer => ({
  type: 'text',
  code,
  contentType: 'text/plain; charset=utf-8',
  text: body,
});

/**
 * /healthz, /livez and /readyz as upstream's healthz package answers them: `ok`, or what failed, with `?verbose` all of
 * it; `?exclude=NAME` leaves one out; one alone is at `/readyz/NAME`. Why a check failed is for the log only.
 * Undefined for the path of a check there is none of.
 */
export async function healthAnswer(
  path: string,
  query: URLSearchParams,
  checks: readonly HealthCheck[],
  log: Logger,
): Promise<Answer | undefined> {
  const [, endpoint = '', ...rest] = path.split('/');
  const alone = rest.join('/');
  if (alone !== '') {
    const check = checks.find(({ name }) => name === alone);
    if (!check) return undefined;
    const reason = await failureOf(check);
    return reason === undefined ? text(200, 'ok') : text(500, `internal server error: ${reason}\n`);
  }
  const excluded = new Set(query.getAll('exclude'));
  const lines: string[] = [];
  const failed: string[] = [];
  for (const check of checks) {
    if (excluded.delete(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const reason = await failureOf(check);
    if (reason === undefined) lines.push(`[+]${check.name} ok`);
    else {
      failed.push(check.name);
      log.warn({ endpoint, check: check.name, reason }, 'health check failed');
      lines.push(`[-]${check.name} failed: reason withheld`);
    }
  }
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(',');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  if (failed.length > 0) return text(500, `${lines.join('\n')}\n${endpoint} check failed\n`);
  return text(200, query.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok');
}

async function failureOf({ check }: HealthCheck): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([check(), late]);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    clearTimeout(timer);
  }
}
