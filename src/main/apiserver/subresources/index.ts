import { tokenRequestHandler } from '../auth/authn/token-request.ts';
import type { ResourceHandler } from '../resource-request.ts';
import { approvalHandler } from './approval.ts';
import { bindingHandler } from './binding.ts';
import { evictionHandler } from './eviction.ts';
import { streamingOnlyHandler } from './exec.ts';
import { finalizeHandler } from './finalize.ts';
import { logHandler } from './log.ts';
import { nodeProxyHandler } from './node-proxy.ts';
import { proxyHandler } from './proxy.ts';
import { ephemeralContainersHandler, resizeHandler } from './pod-part.ts';

/** A subresource with a handler of its own. */
export interface ServedSubresource {
  handler: ResourceHandler;
  /** Whether the path may go on after it (`nodes/NAME/proxy/…`). */
  takesPath?: boolean;
}

/** By `GROUP/PLURAL/SUBRESOURCE`; `status` and `scale` are every kind's. */
export const SUBRESOURCES: ReadonlyMap<string, ServedSubresource> = new Map([
  ['/pods/log', { handler: logHandler }],
  ['/pods/binding', { handler: bindingHandler }],
  ['/pods/ephemeralcontainers', { handler: ephemeralContainersHandler }],
  ['/pods/proxy', { handler: proxyHandler, takesPath: true }],
  ['/services/proxy', { handler: proxyHandler, takesPath: true }],
  ['/pods/resize', { handler: resizeHandler }],
  ['/pods/eviction', { handler: evictionHandler }],
  ['/pods/exec', { handler: streamingOnlyHandler }],
  ['/pods/attach', { handler: streamingOnlyHandler }],
  ['/pods/portforward', { handler: streamingOnlyHandler }],
  ['/serviceaccounts/token', { handler: tokenRequestHandler }],
  ['certificates.k8s.io/certificatesigningrequests/approval', { handler: approvalHandler }],
  ['/namespaces/finalize', { handler: finalizeHandler }],
  ['/nodes/proxy', { handler: nodeProxyHandler, takesPath: true }],
]);
