import type { UdpFrontend } from './service-rules.ts';

/** A UDP flow that the kernel tracks: whom the client meant, and who answers. */
export interface UdpFlow {
  readonly destination: string;
  readonly port: number;
  readonly answeredBy: string;
}

/** Flows of what `conntrack -L -p udp` prints. */
export function parseFlows(text: string): UdpFlow[] {
  const pattern = /^udp .*? dst=(\S+) sport=\d+ dport=(\d+) .*?src=(\S+) dst=/gm;
  return [...text.matchAll(pattern)].map(([, destination = '', port = '', answeredBy = '']) => ({
    destination,
    port: Number(port),
    answeredBy,
  }));
}

/**
 * Arguments of the `conntrack` calls that end flows whose endpoint is gone, or that began when there was none (pkg/
 * proxy/conntrack). A client that goes on sending from one port would otherwise stay with them for ever; TCP ends by
 * itself. `before` and `now` are all frontends by `ip:port`.
 */
export function staleFlows(
  flows: readonly UdpFlow[],
  before: ReadonlyMap<string, UdpFrontend>,
  now: ReadonlyMap<string, UdpFrontend>,
): string[][] {
  const stale = new Map<string, string[]>();
  for (const { destination, port, answeredBy } of flows) {
    const key = `${destination}:${port}`;
    // Node ports are at whatever address the node has.
    const frontend = now.get(key) ?? now.get(`:${port}`);
    const known = frontend ?? before.get(key) ?? before.get(`:${port}`);
    if (!known || frontend?.backends.includes(answeredBy)) continue;
    stale.set(`${key} ${answeredBy}`, [
      ...['-D', '-p', 'udp', '--orig-dst', destination],
      ...['--orig-port-dst', String(port), '--reply-src', answeredBy],
    ]);
  }
  return [...stale.values()];
}

/** Whether any frontend came, went, or lost or got a backend. */
export function frontendsChanged(
  before: ReadonlyMap<string, UdpFrontend>,
  now: ReadonlyMap<string, UdpFrontend>,
): boolean {
  if (before.size !== now.size) return true;
  return [...now].some(([key, frontend]) => {
    const old = before.get(key);
    return old !== frontend && old?.backends.join() !== frontend.backends.join();
  });
}
