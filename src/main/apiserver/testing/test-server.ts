import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Logger } from '../../../shared/logger.ts';
import { openEmbeddedStore, type EmbeddedOptions, type EmbeddedStore } from '../../store/embedded/index.ts';
import {
  AuditLog,
  MASTERS_GROUP,
  openPki,
  openTokens,
  startApiServer,
  writeKubeconfig,
  type ApiServer,
  type AuditMode,
  type MetricsSource,
  type NodeDialer,
  type Pki,
  type TokenFile,
} from '../index.ts';
import { ApiClient } from '../../../shared/client/api-client.ts';
import { giveDefaultAccounts } from './default-accounts.ts';

/** A real API server on a loopback port over a real store in a directory of its own. */
export interface TestServer {
  server: ApiServer;
  storage: EmbeddedStore;
  pki: Pki;
  tokens: TokenFile;
  /** As an administrator, in process. */
  client: ApiClient;
  directory: string;
  kubeconfig: string;
  /** What the server logged as an error. */
  errors: { fields: object; message: string }[];
  auditLog: AuditLog | undefined;
  close(): Promise<void>;
}

export interface TestServerOptions {
  dialNode?: NodeDialer;
  metricsSource?: MetricsSource;
  clock?: Clock;
  store?: Partial<EmbeddedOptions>;
  /** Certificates are made by this clock; the real one's time unless given. */
  pkiClock?: Clock;
  certificateCheckMs?: number;
  /** Keeps an audit log in `directory/audit`. */
  audit?: AuditMode;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = options.clock ?? { now: () => Date.now() };
  const errors: TestServer['errors'] = [];
  const ignore = (): void => undefined;
  const log: Logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields, message) => void errors.push({ fields, message }),
  };
  const directory = await mkdtemp(join(tmpdir(), 'wheelhouse-apiserver-'));
  const storage = await openEmbeddedStore({
    dir: join(directory, 'store'),
    log,
    clock,
    ...(options.store ? { options: options.store } : {}),
  });
  const pki = await openPki(join(directory, 'pki'), options.pkiClock);
  const auditLog = options.audit && (await AuditLog.open({ directory: join(directory, 'audit'), log }));
  const tokens = await openTokens(directory);
  const dialNode =
    options.dialNode ?? ((node: string) => Promise.reject(new Error(`no machine is connected as ${node}`)));
  const server = await startApiServer(
    {
      storage,
      log,
      clock,
      dialNode,
      pki,
      tokens,
      ...(options.metricsSource ? { metricsSource: options.metricsSource } : {}),
      ...(auditLog && options.audit ? { audit: { log: auditLog, mode: options.audit } } : {}),
    },
    {
      listen: { host: '127.0.0.1', port: 0 },
      ...(options.certificateCheckMs ? { certificateCheckMs: options.certificateCheckMs } : {}),
    },
  );
  const kubeconfig = join(directory, 'admin.kubeconfig');
  await writeKubeconfig(kubeconfig, pki, { server: server.url });
  const client = new ApiClient(server.inProcess({ name: 'test', groups: [MASTERS_GROUP] }), 'test');
  const stopAccounts = await giveDefaultAccounts(client);
  return {
    server,
    storage,
    pki,
    tokens,
    client,
    directory,
    kubeconfig,
    errors,
    auditLog,
    async close() {
      await stopAccounts();
      await server.close();
      await auditLog?.close();
      await storage.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
