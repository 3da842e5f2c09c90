import { join } from 'node:path';
import {
  NAMESPACES,
  NETWORK_POLICIES,
  PODS,
  type Namespace,
  type NetworkPolicy,
  type Pod,
} from '../../shared/api/kinds.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RunCommand } from '../network/run-command.ts';
import { ObjectMirror } from '../state/object-mirror.ts';
import { PolicyEnforcer } from './policy-enforcer.ts';
import { policyPod, type PolicyPod, type PolicyWorld } from './policy-world.ts';
import type { NodeDns } from './render.ts';

export interface NodePoliciesDeps {
  client: ApiClient;
  run: RunCommand;
  stateDir: string;
  /** Pods of this node with the addresses they have, or will have once they start. */
  local: () => readonly { pod: Pod; ip: string }[];
  /** Where this node's DNS server is; undefined until the node has its range. */
  dns: () => NodeDns | undefined;
  log: Logger;
}

/** Where policies that let pods ask DNS expect it: the labels every cluster's DNS has. */
const DNS_NAMESPACE = 'kube-system';
const DNS_LABELS = { 'k8s-app': 'kube-dns' };

/** NetworkPolicies on this node: mirrors what they depend on and enforces them, without the control plane too. */
export class NodePolicies {
  readonly #policies: ObjectMirror<NetworkPolicy>;
  readonly #namespaces: ObjectMirror<Namespace>;
  readonly #pods: ObjectMirror<Pod>;
  readonly #enforcer: PolicyEnforcer;
  #followsPods = false;

  constructor(private readonly deps: NodePoliciesDeps) {
    const { client, log, run, dns } = deps;
    const file = (plural: string): { file: string; log: Logger } => ({
      file: join(deps.stateDir, 'mirror', `${plural}.json`),
      log,
    });
    this.#policies = new ObjectMirror(client, NETWORK_POLICIES, file('networkpolicies'));
    this.#namespaces = new ObjectMirror(client, NAMESPACES, file('namespaces'));
    this.#pods = new ObjectMirror(client, PODS, file('pods'));
    this.#enforcer = new PolicyEnforcer({ run, world: () => this.#world(), dns, log });
  }

  async start(): Promise<void> {
    for (const mirror of [this.#policies, this.#namespaces, this.#pods])
      mirror.onDidChange(() => this.#enforcer.poke());
    await this.#policies.start();
    await this.#namespaces.start();
    this.#enforcer.start();
  }

  async stop(): Promise<void> {
    await this.#enforcer.stop();
    await Promise.all([this.#policies, this.#namespaces, this.#pods].map((mirror) => mirror.stop()));
  }

  /** Resolves when the rules know all local pods: called before a pod gets its link, so that none is open for a moment. */
  async settle(): Promise<void> {
    await this.#enforcer.settle();
  }

  #world(): PolicyWorld | undefined {
    if (!this.#policies.isKnown || !this.#namespaces.isKnown) return undefined;
    const policies = this.#policies.list();
    // A cluster without policies need not tell every machine of every pod.
    if (policies.length > 0 && !this.#followsPods) {
      this.#followsPods = true;
      void this.#pods.start().then(() => this.#enforcer.poke());
    }
    const local = this.deps.local().flatMap(({ pod, ip }) => policyPod(pod, ip) ?? []);
    return {
      policies,
      namespaces: new Map(
        this.#namespaces.list().map(({ metadata }) => [metadata?.name ?? '', metadata?.labels ?? {}]),
      ),
      pods: [...this.#others(local), ...local, ...this.#dnsPod()],
      local,
    };
  }

  /** Pods elsewhere. Of an address that a local pod has by now, the local pod is meant. */
  #others(local: readonly PolicyPod[]): PolicyPod[] {
    const here = new Set(local.map(({ ip }) => ip));
    return this.#pods.list().flatMap((pod) => {
      const seen = policyPod(pod);
      return seen && !here.has(seen.ip) ? [seen] : [];
    });
  }

  /** The cluster's DNS is no pod here, but policies speak of it as one. */
  #dnsPod(): PolicyPod[] {
    const ip = this.deps.dns()?.ip;
    if (ip === undefined) return [];
    const ports = [
      { name: 'dns', protocol: 'UDP', port: 53 },
      { name: 'dns-tcp', protocol: 'TCP', port: 53 },
    ];
    return [{ namespace: DNS_NAMESPACE, labels: DNS_LABELS, ip, ports }];
  }
}
