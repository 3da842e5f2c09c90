import type { Duplex } from 'node:stream';
import { isAlreadyExists, messageOf } from '../../shared/api/errors.ts';
import { NAMESPACES } from '../../shared/api/kinds.ts';
import type { Transport } from '../../shared/client/transport.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { findKind, KINDS } from '../resources/registry.ts';
import type { Storage } from '../store/storage.ts';
import { AdmissionChain } from './admission/chain.ts';
import { defaultTolerationSeconds } from './admission/default-toleration-seconds.ts';
import { namespaceLifecycle, SYSTEM_NAMESPACES } from './admission/namespace-lifecycle.ts';
import { nodeRestriction } from './admission/node-restriction.ts';
import { serviceAccount } from './admission/service-account.ts';
import { taintNodesByCondition } from './admission/taint-nodes-by-condition.ts';
import { ApiHandler } from './api-handler.ts';
import { Authenticator } from './auth/authenticator.ts';
import { chainOf, discoveryAuthorizer, mastersAuthorizer } from './auth/authorizer.ts';
import { NodeAuthorizer } from './auth/node-authorizer.ts';
import { NodeGraph } from './auth/node-graph.ts';
import type { TokenAuthenticator } from './auth/tokens.ts';
import { MASTERS_GROUP, type UserInfo } from './auth/user.ts';
import { startExpiry } from './event-expiry.ts';
import { Listener } from './http/listener.ts';
import { inProcessTransport } from './in-process.ts';
import { RequestMetrics } from './metrics.ts';
import type { NodeDialer } from './node-dialer.ts';
import { NonResourcePaths } from './non-resource-paths.ts';
import type { Pki } from './pki/pki.ts';
import type { RegistryContext } from './registry/context.ts';
import { createObject } from './registry/create.ts';

export interface ApiServerDeps {
  /** Stays the caller's: it is not closed with the server. */
  storage: Storage;
  log: Logger;
  clock: Clock;
  dialNode: NodeDialer;
  pki: Pki;
  tokens: TokenAuthenticator;
}

export interface ApiServerOptions {
  /** Port 0 takes a free one. */
  listen: { host: string; port: number };
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

/** The API server's own identity, for what it does without being asked. */
const SELF: UserInfo = { name: 'system:apiserver', groups: [MASTERS_GROUP] };

/** Starts serving the API over a store. Rejects when the address cannot be had. */
export async function startApiServer(deps: ApiServerDeps, options: ApiServerOptions): Promise<ApiServer> {
  const { storage, log, clock, dialNode } = deps;
  const registry: RegistryContext = {
    storage,
    clock,
    // Upstream's order (kubeapiserver/options/plugins.go).
    admission: new AdmissionChain([
      namespaceLifecycle(storage),
      serviceAccount,
      nodeRestriction,
      taintNodesByCondition,
      defaultTolerationSeconds,
    ]),
    random: Math.random,
  };
  await createSystemNamespaces(registry);

  const graph = new NodeGraph(storage, log);
  // Not waited for: what it does not know yet it looks up in the store, and reading every pod takes a while.
  const following = graph.start().catch((error: unknown) => {
    log.error({ error: messageOf(error) }, 'node graph could not be read');
  });
  const metrics = new RequestMetrics();
  let address = '';
  const handler = new ApiHandler({
    registry,
    dialNode,
    // RBAC takes its place at the end of this chain.
    authorizer: chainOf([mastersAuthorizer, new NodeAuthorizer(graph), discoveryAuthorizer]),
    paths: new NonResourcePaths({ kinds: KINDS, serverAddress: () => address, metrics: () => metrics.render() }),
  });
  const listener = new Listener(
    {
      handler,
      authenticator: new Authenticator(deps.tokens, clock),
      metrics,
      clock,
      log,
      resources: { registry, dialNode },
      dialNode,
    },
    deps.pki,
  );
  const { host } = options.listen;
  const port = await listener.listen(host, options.listen.port);
  address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const stopExpiry = startExpiry(storage, KINDS, { clock, log });
  log.info({ address }, 'API server listening');

  return {
    url: `https://${address}`,
    port,
    inProcess: (user) => inProcessTransport(handler, user),
    handleConnection: (stream) => listener.accept(stream),
    async close() {
      await listener.close();
      graph.close();
      await following;
      await stopExpiry();
    },
  };
}

async function createSystemNamespaces(registry: RegistryContext): Promise<void> {
  const kind = findKind(NAMESPACES.group, NAMESPACES.version, NAMESPACES.plural);
  if (!kind) throw new Error('the Namespace kind is not declared');
  for (const name of SYSTEM_NAMESPACES) {
    try {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      await createObject(registry, { kind, namespace: '', name, user: SELF }, namespace, { dryRun: false });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}
