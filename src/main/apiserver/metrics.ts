import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Upper bounds in seconds of upstream's apiserver_request_duration_seconds. */
const REQUEST_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
/** Upper bounds in seconds of upstream's etcd_request_duration_seconds. */
const STORE_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
const REQUEST_LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'] as const;

/** Verbs and resources are from closed sets; codes are numbers: nothing a client sends becomes a label. */
export interface RequestLabels {
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  /** As upstream: `cluster`, `namespace`, `resource` (one object) or nothing. */
  scope: string;
}

/** What is counted elsewhere and asked for when the text is made. */
export interface MetricSources {
  inFlight(): { readOnly: number; mutating: number };
  /** Objects stored, by the metric's resource label: `pods`, `deployments.apps`. */
  storedObjects(): Promise<ReadonlyMap<string, number>>;
}

let ofProcess: Registry | undefined;

/** What Prometheus asks of every process, and how late the event loop is. Begins with the first look: it has a price. */
function processMetrics(): Promise<string> {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess.metrics();
}

/** What the server measures, under upstream's names. */
export class RequestMetrics {
  readonly #registry = new Registry();
  readonly #total = new Counter({
    name: 'apiserver_request_total',
    help: 'Counter of apiserver requests broken out for each verb, group, version, resource, scope, component, and HTTP response code.',
    labelNames: [...REQUEST_LABELS, 'code'],
    registers: [this.#registry],
  });
  readonly #duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Response latency distribution in seconds for each verb, group, version, resource, subresource, scope and component.',
    labelNames: REQUEST_LABELS,
    buckets: REQUEST_BUCKETS,
    registers: [this.#registry],
  });
  readonly #longRunning = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    labelNames: REQUEST_LABELS,
    registers: [this.#registry],
  });
  readonly #rejected = new Counter({
    name: 'apiserver_flowcontrol_rejected_requests_total',
    help: 'Number of requests rejected by API Priority and Fairness subsystem',
    labelNames: ['priority_level', 'reason'],
    registers: [this.#registry],
  });
  readonly #store = new Histogram({
    name: 'etcd_request_duration_seconds',
    help: 'Etcd request latency in seconds for each operation and object type.',
    labelNames: ['operation', 'group', 'resource'],
    buckets: STORE_BUCKETS,
    registers: [this.#registry],
  });

  constructor(sources: MetricSources) {
    new Gauge({
      name: 'apiserver_current_inflight_requests',
      help: 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
      labelNames: ['request_kind'],
      registers: [this.#registry],
      collect() {
        for (const [kind, count] of Object.entries(sources.inFlight())) this.set({ request_kind: kind }, count);
      },
    });
    new Gauge({
      name: 'apiserver_storage_objects',
      help: 'Number of stored objects at the time of last check split by kind.',
      labelNames: ['resource'],
      registers: [this.#registry],
      async collect() {
        this.reset();
        for (const [resource, count] of await sources.storedObjects()) this.set({ resource }, count);
      },
    });
  }

  /** A finished request. Watches and other streams are counted, not timed: they last as long as their client. */
  observe(labels: RequestLabels, code: number, seconds: number | undefined): void {
    const values = withComponent(labels);
    this.#total.inc({ ...values, code });
    if (seconds !== undefined) this.#duration.observe(values, seconds);
  }

  /** A watch or another stream has begun; call what is returned when it ends. */
  longRunning(labels: RequestLabels): () => void {
    const values = withComponent(labels);
    this.#longRunning.inc(values);
    return () => this.#longRunning.dec(values);
  }

  rejected(priorityLevel: string, reason: string): void {
    this.#rejected.inc({ priority_level: priorityLevel, reason });
  }

  /** An operation of the store that took this long. */
  stored(operation: string, group: string, resource: string, seconds: number): void {
    this.#store.observe({ operation, group, resource }, seconds);
  }

  /** Prometheus text, with that of the process. */
  async render(): Promise<string> {
    return `${await this.#registry.metrics()}\n${await processMetrics()}`;
  }
}

const withComponent = (labels: RequestLabels): RequestLabels & { component: string } => ({
  ...labels,
  verb: labels.verb.toUpperCase(),
  component: 'apiserver',
});
