/** The API server: Kubernetes' API over a revisioned store. What the rest of the main process may use of it. */
export { startApiServer, type ApiServer, type ApiServerDeps, type ApiServerOptions } from './api-server.ts';
export { openPki, type ClientCertificateRequest, type Pki } from './pki/pki.ts';
export { authorityServices, type AuthorityServices } from './pki/authority-services.ts';
export type { KeyPair } from './pki/certificates.ts';
export { AuditLog, type AuditLogOptions } from './audit/audit-log.ts';
export { readAudit, type AuditQuery } from './audit/read-audit.ts';
export type { AuditEvent } from './audit/event.ts';
export type { AuditMode } from './audit/policy.ts';
export { kubeconfigOf, writeKubeconfig, type KubeconfigOptions } from './pki/kubeconfig.ts';
export { openTokens, staticTokens, type TokenAuthenticator, type TokenFile } from './auth/tokens.ts';
export { MASTERS_GROUP, NODES_GROUP, type UserInfo } from './auth/user.ts';
export type { MetricsSource } from './metrics-api/metrics-source.ts';
export type { NodeDialer } from './node-dialer.ts';
export { GIT_VERSION, KUBERNETES_VERSION } from './version.ts';
export type { OwnPaths } from './api-handler.ts';
export type { Answer, ApiCall } from './api-call.ts';
export { readBody } from './registry/decode-request.ts';
export { writePrivateFile } from './pki/private-file.ts';
