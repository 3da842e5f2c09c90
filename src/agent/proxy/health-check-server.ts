import { createServer, type Server } from 'node:http';
import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import { keyOf } from '../../shared/api/meta.ts';
import type { Logger } from '../../shared/logger.ts';
import { endpointsByPort } from './endpoints.ts';

/** Which Services ask for a health check port, and how many endpoints they have on this node. */
export interface HealthCheck {
  readonly service: string;
  readonly port: number;
  readonly localEndpoints: number;
}

/** The health checks of all Services (pkg/proxy/healthcheck): LoadBalancers that keep traffic on the node it came to. */
export function healthChecks(
  services: Iterable<Service>,
  slicesOf: (service: string) => readonly EndpointSlice[],
  nodeName: string,
): HealthCheck[] {
  const checks: HealthCheck[] = [];
  for (const service of services) {
    const port = service.spec?.healthCheckNodePort;
    if (!port || service.spec?.type !== 'LoadBalancer' || service.spec.externalTrafficPolicy !== 'Local') continue;
    const endpoints = [...endpointsByPort(slicesOf(keyOf(service)), nodeName).values()].flat();
    const ready = endpoints.filter((endpoint) => endpoint.local && endpoint.ready).map(({ ip }) => ip);
    checks.push({ service: keyOf(service), port, localEndpoints: new Set(ready).size });
  }
  return checks;
}

/** Answers on every health check node port: 200 with endpoints on this node, 503 without, as kube-proxy does. */
export class HealthCheckServer {
  readonly #servers = new Map<number, Server>();
  #checks = new Map<number, HealthCheck>();

  constructor(private readonly log: Logger) {}

  /** Opens and closes ports as these checks ask. */
  update(checks: readonly HealthCheck[]): void {
    this.#checks = new Map(checks.map((check) => [check.port, check]));
    for (const [port, server] of this.#servers) if (!this.#checks.has(port)) this.#shut(port, server);
    for (const port of this.#checks.keys()) if (!this.#servers.has(port)) this.#open(port);
  }

  close(): void {
    for (const [port, server] of this.#servers) this.#shut(port, server);
  }

  /** What a load balancer that asks at this port is told. */
  answer(port: number): { status: number; body: string } {
    const check = this.#checks.get(port);
    const [namespace = '', name = ''] = check?.service.split('/') ?? [];
    const localEndpoints = check?.localEndpoints ?? 0;
    return {
      status: localEndpoints > 0 ? 200 : 503,
      body: JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: true }, null, '\t'),
    };
  }

  #open(port: number): void {
    const server = createServer((_, response) => {
      const { status, body } = this.answer(port);
      const headers = {
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'x-load-balancing-endpoint-weight': String(this.#checks.get(port)?.localEndpoints ?? 0),
      };
      response.writeHead(status, headers).end(body);
    });
    server.on('error', (error) => {
      this.log.warn({ err: error, port }, 'cannot serve a health check node port');
      // Tried again with the next update.
      this.#servers.delete(port);
    });
    server.listen(port);
    this.#servers.set(port, server);
  }

  #shut(port: number, server: Server): void {
    server.close();
    server.closeAllConnections();
    this.#servers.delete(port);
  }
}
