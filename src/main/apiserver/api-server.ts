import type { Duplex } from 'node:stream';
import { messageOf } from '../../shared/api/errors.ts';
import type { Transport } from '../../shared/client/transport.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { KindCatalog } from '../resources/catalog.ts';
import type { Storage } from '../store/storage.ts';
import { AdmissionChain } from './admission/chain.ts';
import { admissionPlugins } from './admission/plugins.ts';
import { WebhookCaller } from './admission/webhook/caller.ts';
import { ApiHandler, type OwnPaths } from './api-handler.ts';
import { AuditRecorder } from './audit/audit-recorder.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { AuditMode } from './audit/policy.ts';
import { Authenticator } from './auth/authenticator.ts';
import { BearerAuthenticator } from './auth/authn/bearer-authenticator.ts';
import { storedBoundObjects } from './auth/authn/bound-objects.ts';
import { ServiceAccountAuthenticator } from './auth/authn/service-account-authenticator.ts';
import { TokenIssuer } from './auth/authn/token-issuer.ts';
import { TokenVerifier } from './auth/authn/token-verifier.ts';
import { chainOf, mastersAuthorizer } from './auth/authorizer.ts';
import { IngressSecrets } from './auth/ingress-secrets.ts';
import { NodeAuthorizer } from './auth/node-authorizer.ts';
import { NodeGraph } from './auth/node-graph.ts';
import { RbacAuthorizer } from './auth/rbac/rbac-authorizer.ts';
import { RuleResolver } from './auth/rbac/rule-resolver.ts';
import type { TokenAuthenticator } from './auth/tokens.ts';
import type { UserInfo } from './auth/user.ts';
import { startExpiry } from './event-expiry.ts';
import { FLOW_LIMITS, FlowControl } from './http/flow-control.ts';
import { Listener } from './http/listener.ts';
import { healthChecks } from './health-checks.ts';
import { inProcessTransport } from './in-process.ts';
import { measuredStorage } from './measured-storage.ts';
import { RequestMetrics } from './metrics.ts';
import { storedObjects } from './stored-objects.ts';
import { NOTHING_MEASURED, type MetricsSource } from './metrics-api/metrics-source.ts';
import type { NodeDialer } from './node-dialer.ts';
import { NonResourcePaths } from './non-resource-paths.ts';
import type { Pki } from './pki/pki.ts';
import { rotateServing } from './pki/serving-rotation.ts';
import { POST_START_HOOKS } from './post-start-hooks.ts';
import type { RegistryContext } from './registry/context.ts';
import { DEFAULT_SERVICE_CIDR, serviceHooks } from './registry/service-allocation/service-hooks.ts';
import { WriteHooks } from './registry/write-hooks.ts';
import type { ResourceDeps } from './resource-request.ts';
import { connectToAny, endpointsOf } from './service-endpoints.ts';
import { Views } from './views/views.ts';

export interface ApiServerDeps {
  /** Stays the caller's: it is not closed with the server. */
  storage: Storage;
  log: Logger;
  clock: Clock;
  dialNode: NodeDialer;
  /** Who measures nodes and pods, for metrics.k8s.io. Absent: nothing is measured. */
  metricsSource?: MetricsSource;
  /** What is served beside Kubernetes' API. */
  ownPaths?: OwnPaths;
  pki: Pki;
  tokens: TokenAuthenticator;
  /** Where requests are written down, and how much of them. Stays the caller's. Absent: nowhere. */
  audit?: { log: AuditLog; mode: AuditMode } | undefined;
}

export interface ApiServerOptions {
  /** Port 0 takes a free one. */
  listen: { host: string; port: number };
  /** Where Services get their addresses; DEFAULT_SERVICE_CIDR unless told. Only looked at when the cluster is new. */
  serviceCidr?: string;
  /** How often the age of the serving certificate is looked at; an hour unless given. */
  certificateCheckMs?: number;
}

export interface ApiServer {
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  readonly port: number;
  /** The API without sockets, as this user. */
  inProcess(user: UserInfo): Transport;
  /** Serves a raw byte stream from a tunnel; the client speaks TLS on it. */
  handleConnection(stream: Duplex): void;
  /** Cuts every connection and resolves when nothing of the server runs any more. */
  close(): Promise<void>;
}

/** Starts serving the API over a store. Rejects when the address cannot be had. */
export async function startApiServer(deps: ApiServerDeps, options: ApiServerOptions): Promise<ApiServer> {
  const { log, clock, dialNode, pki } = deps;
  const catalog = new KindCatalog();
  const metrics: RequestMetrics = new RequestMetrics({
    inFlight: () => flow.inFlight(),
    storedObjects: () => storedObjects(deps.storage, catalog),
  });
  const flow = new FlowControl(FLOW_LIMITS, (level, reason) => metrics.rejected(level, reason));
  const storage = measuredStorage(deps.storage, (...operation) => metrics.stored(...operation));
  const views = new Views(storage, catalog, log);
  const graph = new NodeGraph(storage, log, new IngressSecrets(views));
  const rules = await RuleResolver.open(views);
  const authorizer = chainOf([mastersAuthorizer, new NodeAuthorizer(graph), new RbacAuthorizer(rules)]);
  const caller = new WebhookCaller(async ({ namespace, name, port }, signal) => {
    const { pods } = await endpointsOf(registry, { namespace, name, port: String(port) }, signal);
    return connectToAny(dialNode, pods, Math.random, signal);
  });
  const admission = new AdmissionChain(
    admissionPlugins({ storage, views, catalog, authorizer, rules, clock, random: Math.random, log, caller }),
  );
  const registry: RegistryContext = {
    storage,
    clock,
    admission,
    catalog,
    views,
    hooks: new WriteHooks(),
    random: Math.random,
  };
  const stops: (() => Promise<void> | void)[] = [];
  const hooks = [...POST_START_HOOKS, ...serviceHooks(options.serviceCidr ?? DEFAULT_SERVICE_CIDR)];
  for (const hook of hooks) {
    const stop = await hook.start(registry, log);
    if (stop) stops.push(stop);
  }

  // Not waited for: what it does not know yet it looks up in the store, and reading every pod takes a while.
  const following = graph.start().catch((error: unknown) => {
    log.error({ error: messageOf(error) }, 'node graph could not be read');
  });
  const audit = deps.audit && new AuditRecorder(deps.audit.log, deps.audit.mode, clock);
  const serviceAccounts = new ServiceAccountAuthenticator(
    new TokenVerifier(pki.serviceAccountKeys),
    storedBoundObjects(registry),
    clock,
  );
  const bearerTokens = new BearerAuthenticator(deps.tokens, serviceAccounts);
  const resources: ResourceDeps = {
    registry,
    dialNode,
    metricsSource: deps.metricsSource ?? NOTHING_MEASURED,
    authorizer,
    rules,
    bearerTokens,
    tokenIssuer: new TokenIssuer(pki.serviceAccountKeys),
  };
  let address = '';
  const handler = new ApiHandler({
    ...resources,
    authorizer,
    ownPaths: deps.ownPaths,
    paths: new NonResourcePaths({
      catalog,
      serverAddress: () => address,
      tokenKeys: pki.serviceAccountKeys,
      metrics: async () => (await metrics.render()) + (deps.audit?.log.metrics() ?? ''),
      health: healthChecks(storage, hooks),
      log,
    }),
  });
  const listener = new Listener(
    {
      handler,
      catalog,
      authenticator: new Authenticator(bearerTokens, clock),
      authorizer,
      audit,
      metrics,
      flow,
      clock,
      log,
      resources,
      dialNode,
    },
    pki,
  );
  const install = (): void => listener.showServingCertificate();
  const stopRotation = rotateServing(pki, install, log, options.certificateCheckMs);
  const { host } = options.listen;
  const port = await listener.listen(host, options.listen.port);
  address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const stopExpiry = startExpiry(storage, catalog, { clock, log });
  log.info({ address }, 'API server listening');

  return {
    url: `https://${address}`,
    port,
    inProcess: (user) => inProcessTransport(handler, user, audit),
    handleConnection: (stream) => listener.accept(stream),
    async close() {
      stopRotation();
      await listener.close();
      caller.close();
      graph.close();
      await following;
      await stopExpiry();
      for (const stop of stops.reverse()) await stop();
      views.close();
    },
  };
}
