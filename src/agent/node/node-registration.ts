import type { AgentConfig } from '../../shared/agent-config.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../shared/api/errors.ts';
import { NODES, type Node } from '../../shared/api/kinds.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { Backoff, delay } from '../../shared/client/backoff.ts';
import type { Logger } from '../../shared/logger.ts';
import type { MachineFacts } from './machine-facts.ts';
import { statusChanged, type NodeCondition, type NodeStatus } from './node-status.ts';

/** nodeStatusReportFrequency, and nodeStatusUpdateFrequency of the kubelet. */
const REPORT_MS = 300_000;
const CHECK_MS = 10_000;

export interface NodeRegistrationDeps {
  client: ApiClient;
  config: AgentConfig;
  facts: MachineFacts;
  /** The status as of now, given the conditions the API has. */
  status: (before: NodeCondition[]) => Promise<NodeStatus>;
  clock: { now(): number };
  log: Logger;
}

/** Makes this machine's Node and keeps its status: at once when something changes, else every five minutes. */
export class NodeRegistration {
  readonly #abort = new AbortController();
  #reported: { status: NodeStatus; at: number } | undefined;
  #wake = new AbortController();

  constructor(private readonly deps: NodeRegistrationDeps) {}

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#abort.abort();
    this.#wake.abort();
  }

  /** Something about the machine has changed: look now. */
  poke(): void {
    this.#wake.abort();
  }

  /** The Node was deleted in the API, or overruled, while this machine is still part of the cluster: report it anew. */
  registerAgain(): void {
    this.#reported = undefined;
    this.poke();
  }

  /**
   * What the API says of this machine now. Where that is not what was reported last (the control plane had lost sight
   * of it and set its conditions to Unknown), it is told again at once.
   */
  observed(node: Node): void {
    const said = new Map((node.status?.conditions ?? []).map(({ type, status }) => [type, status]));
    const overruled = this.#reported?.status.conditions?.some(({ type, status }) => said.get(type) !== status);
    if (overruled) this.registerAgain();
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(200, 7_000);
    const { signal } = this.#abort;
    while (!signal.aborted) {
      // Renewed before the work, so that a poke during it is not lost.
      this.#wake = new AbortController();
      try {
        await this.#sync();
        backoff.forget('');
        await delay(CHECK_MS, this.#wake.signal);
      } catch (error) {
        this.deps.log.debug({ err: error }, 'cannot report the node');
        await delay(backoff.next(''), signal);
      }
    }
  }

  async #sync(): Promise<void> {
    const { client, config, clock } = this.deps;
    const draft = await this.deps.status(this.#reported?.status.conditions ?? []);
    const due =
      !this.#reported || clock.now() - this.#reported.at >= REPORT_MS || statusChanged(draft, this.#reported.status);
    if (!due) return;
    for (;;) {
      try {
        const node = await this.#ensure();
        const ours = await this.deps.status(node.status?.conditions ?? []);
        const types = new Set((ours.conditions ?? []).map(({ type }) => type));
        const foreign = (node.status?.conditions ?? []).filter(({ type }) => !types.has(type));
        const status = { ...node.status, ...ours, conditions: [...foreign, ...(ours.conditions ?? [])] };
        await client.updateStatus(NODES, { ...node, status });
        this.#reported = { status: ours, at: clock.now() };
        return;
      } catch (error) {
        // Somebody else wrote it, or deleted it: read (or make) it again.
        if (!isConflict(error) && !isNotFound(error)) throw error;
        this.deps.log.debug({ node: config.nodeName }, 'node changed meanwhile');
      }
    }
  }

  /** The Node as it is, made if need be; our labels are put back when they are missing (reconcileDefaultLabels). */
  async #ensure(): Promise<Node> {
    const { client, config } = this.deps;
    const labels = nodeLabels(config, this.deps.facts);
    try {
      const node = await client.get(NODES, config.nodeName);
      const stale = Object.entries(labels).some(([key, value]) => node.metadata?.labels?.[key] !== value);
      if (!stale) return node;
      return await client.patch(NODES, { name: config.nodeName }, { metadata: { labels } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const node: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: config.nodeName, labels },
      spec: config.taints?.length ? { taints: config.taints } : {},
    };
    try {
      return await client.create(NODES, node);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return client.get(NODES, config.nodeName);
    }
  }
}

/** The well-known labels every kubelet sets, and those the join asked for. */
export function nodeLabels(config: AgentConfig, facts: MachineFacts): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': facts.architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': facts.architecture,
    'kubernetes.io/hostname': config.nodeName,
    'kubernetes.io/os': 'linux',
    ...config.labels,
  };
}
