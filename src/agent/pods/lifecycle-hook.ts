import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Container, Pod } from '../../shared/api/kinds.ts';
import { delay } from '../../shared/client/backoff.ts';
import { describePod } from './pod-name.ts';
import { resolvePort, type ExecProbe } from '../probes/run-probe.ts';

/** The longest a timer can run. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** What a status says of a hook that failed (pkg/kubelet/lifecycle/handlers.go); events leave the details out. */
export function hookFailure(handler: LifecycleHandler, container: Container, pod: Pod, why: string): string {
  const [kind, what] = handler.exec
    ? ['Exec', `[${(handler.exec.command ?? []).join(' ')}]`]
    : ['HTTP', handler.httpGet?.path ?? ''];
  const where = `for Container "${container.name}" in Pod "${describePod(pod)}"`;
  return `${kind} lifecycle hook (${what}) ${where} failed - error: ${why}`;
}

export type LifecycleHandler = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;

/**
 * Runs a container's lifecycle hook (pkg/kubelet/lifecycle); rejects with the reason when it fails or takes longer than
 * `timeoutMs`.
 */
export async function runLifecycleHook(
  handler: LifecycleHandler,
  container: Container,
  podIp: string,
  exec: ExecProbe,
  timeoutMs: number,
): Promise<void> {
  if (handler.sleep) return delay(Math.min(handler.sleep.seconds * 1000, timeoutMs));
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const { exitCode, output } = await exec(command, timeoutMs);
    if (exitCode !== 0) throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${output}`);
    return;
  }
  if (handler.httpGet) await httpGet(handler.httpGet, container, podIp, timeoutMs);
}

function httpGet(
  get: NonNullable<LifecycleHandler['httpGet']>,
  container: Container,
  podIp: string,
  timeoutMs: number,
): Promise<void> {
  const port = resolvePort(get.port, container);
  if (port === undefined) return Promise.reject(new Error(`couldn't find port: ${get.port}`));
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`;
  const secure = get.scheme?.toUpperCase() === 'HTTPS';
  return new Promise((resolve, reject) => {
    const target = {
      host: get.host || podIp,
      port,
      path,
      headers,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    };
    const outgoing = secure ? secureRequest({ ...target, rejectUnauthorized: false }) : request(target);
    outgoing.on('error', reject);
    // Any answer will do: the hook has been told.
    outgoing.on('response', (response) => {
      response.destroy();
      resolve();
    });
    outgoing.end();
  });
}
