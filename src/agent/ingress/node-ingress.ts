import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  INGRESS_CLASSES,
  INGRESSES,
  NODES,
  SECRETS,
  type Ingress,
  type IngressClass,
  type Secret,
} from '../../shared/api/kinds.ts';
import { INGRESS_SERVING_ANNOTATION, isServedByMachines } from '../../shared/api/ingress-serving.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { delay } from '../../shared/client/backoff.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import type { EventJournal } from '../events/event-journal.ts';
import { readJson, writeAtomic } from '../state/atomic-file.ts';
import { ObjectMirror } from '../state/object-mirror.ts';
import type { ServiceView } from './backends.ts';
import { selfSignedCertificate } from './certificate.ts';
import type { IngressContainer } from './ingress-container.ts';
import { CANDIDATE, type IngressFiles } from './ingress-files.ts';
import { HTTP_PORT, HTTPS_PORT, renderSite, secretsOf, type Site, type SiteProblem } from './ingress-site.ts';
import { ownerOfPort } from './port-owner.ts';

export interface NodeIngressDeps {
  client: ApiClient;
  nodeName: string;
  stateDir: string;
  files: IngressFiles;
  container: IngressContainer;
  services: ServiceView & { readonly isKnown: boolean; onDidChange(handler: (service: string) => void): void };
  /** Where names are asked for, `ip:port`; undefined until the node has its range. */
  resolver: () => string | undefined;
  events: Pick<EventJournal, 'record'>;
  clock: Clock;
  log: Logger;
}

/** Endpoints of a rolling update come and go: nginx is reloaded for all of a second at once. */
const GATHER_MS = 1_000;
/** How often the container and the log are looked after, and a port that was taken is tried again. */
const LOOK_MS = 10_000;

/** Ingresses on this machine: an nginx that serves them, from the last known state while the control plane is away. */
export class NodeIngress {
  readonly #ingresses: ObjectMirror<Ingress>;
  readonly #classes: ObjectMirror<IngressClass>;
  readonly #secrets = new Map<string, ObjectMirror<Secret>>();
  readonly #abort = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #inForce: string | undefined;
  #said = new Set<string>();
  /** `uid/resourceVersion` of Ingresses that nginx did not take. */
  readonly #rejected = new Map<string, string>();
  #announced: boolean | undefined;

  constructor(private readonly deps: NodeIngressDeps) {
    const { client, stateDir, log } = deps;
    const file = (name: string): string => join(stateDir, 'mirror', `${name}.json`);
    this.#ingresses = new ObjectMirror(client, INGRESSES, { file: file('ingresses'), log });
    this.#classes = new ObjectMirror(client, INGRESS_CLASSES, { file: file('ingressclasses'), log });
  }

  async start(): Promise<void> {
    const wake = (): void => this.#wake.abort();
    this.#ingresses.onDidChange(wake);
    this.#classes.onDidChange(wake);
    this.deps.services.onDidChange(wake);
    await this.deps.files.prepare();
    await Promise.all([this.#ingresses.start(), this.#classes.start()]);
    this.#running = this.#loop();
  }

  /** Stops looking after nginx, which goes on. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake.abort();
    await this.#running;
    await Promise.all([this.#ingresses, this.#classes, ...this.#secrets.values()].map((mirror) => mirror.stop()));
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      // Renewed before the work, so that a change during it is not lost.
      this.#wake = new AbortController();
      try {
        await this.#sync();
      } catch (error) {
        this.deps.log.error({ err: error }, 'cannot serve Ingresses');
      }
      await delay(GATHER_MS, signal);
      if (!signal.aborted) await delay(LOOK_MS, this.#wake.signal);
    }
  }

  async #sync(): Promise<void> {
    const { services, container, resolver } = this.deps;
    const names = resolver();
    if (!this.#ingresses.isKnown || !this.#classes.isKnown || !services.isKnown || names === undefined) return;
    const classes = this.#classes.list();
    const ours = this.#ingresses.list().filter((ingress) => isServedByMachines(ingress, classes));
    if (ours.length === 0) {
      // No port of a machine is open unless somebody asked for it.
      await container.remove();
      this.#inForce = undefined;
      return this.#announce(false);
    }
    await this.#followSecrets(secretsOf(ours, classes));
    const running = await container.isRunning();
    if (!running) {
      this.#inForce = undefined;
      if (await this.#portTaken()) return this.#announce(false);
    }
    const site = await this.#site(ours, classes, names);
    if (site.config !== this.#inForce) await this.#load(site, ours, classes, names);
    else if (await this.deps.files.rotateLog()) await container.reopenLog();
    this.#tell(site.problems);
    await this.#announce(true);
  }

  async #site(ingresses: readonly Ingress[], classes: readonly IngressClass[], resolver: string): Promise<Site> {
    return renderSite({
      ingresses: ingresses.filter(
        ({ metadata }) => this.#rejected.get(metadata?.uid ?? '') !== metadata?.resourceVersion,
      ),
      classes,
      services: this.deps.services,
      secret: (key) => this.#secrets.get(key)?.list()[0],
      defaultCertificate: await this.#defaultCertificate(),
      resolver,
      workers: Math.min(availableParallelism(), 4),
    });
  }

  /** Tries a site before nginx has to live by it. What it does not take is found out, and served without. */
  async #load(site: Site, ours: readonly Ingress[], classes: readonly IngressClass[], resolver: string): Promise<void> {
    const { files, container, log } = this.deps;
    if (!(await container.isRunning())) {
      // Nothing can be tried without nginx: it starts with nothing to serve.
      const empty = await this.#site([], classes, resolver);
      await files.propose(empty);
      await files.accept(empty);
      await container.start();
    }
    await files.propose(site);
    const complaint = await container.complaintAbout(CANDIDATE);
    if (complaint !== undefined) {
      log.warn({ complaint }, 'nginx does not take the configuration');
      await this.#findRejected(ours, classes, resolver);
      this.#wake.abort();
      return;
    }
    await files.accept(site);
    await container.reload();
    this.#inForce = site.config;
  }

  /** Each Ingress by itself: one that nginx does not take is left out until it is changed. */
  async #findRejected(ours: readonly Ingress[], classes: readonly IngressClass[], resolver: string): Promise<void> {
    const { files, container, events } = this.deps;
    for (const ingress of ours) {
      await files.propose(await this.#site([ingress], classes, resolver));
      const complaint = await container.complaintAbout(CANDIDATE);
      if (complaint === undefined) continue;
      this.#rejected.set(ingress.metadata?.uid ?? '', ingress.metadata?.resourceVersion ?? '');
      events.record(subject(ingress), 'Warning', 'Rejected', `it cannot be served: nginx says ${complaint}`);
    }
  }

  async #followSecrets(wanted: ReadonlySet<string>): Promise<void> {
    for (const [key, mirror] of this.#secrets) {
      if (wanted.has(key)) continue;
      this.#secrets.delete(key);
      await mirror.stop();
    }
    for (const key of wanted) {
      if (this.#secrets.has(key)) continue;
      const [namespace = '', name = ''] = key.split('/');
      const { client, stateDir, log } = this.deps;
      const mirror = new ObjectMirror<Secret>(client, SECRETS, {
        file: join(stateDir, 'mirror', `ingress-secret_${namespace}_${name}.json`),
        namespace,
        fieldSelector: `metadata.name=${name}`,
        log,
      });
      this.#secrets.set(key, mirror);
      mirror.onDidChange(() => this.#wake.abort());
      await mirror.start();
    }
  }

  async #portTaken(): Promise<boolean> {
    for (const port of [HTTP_PORT, HTTPS_PORT]) {
      const owner = await ownerOfPort(port);
      if (owner === undefined) continue;
      const message = `Ingresses are not served on this machine: port ${port} is taken by ${owner}`;
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: this.deps.nodeName, uid: this.deps.nodeName } };
      if (!this.#said.has(message)) this.deps.events.record(node, 'Warning', 'IngressPortTaken', message);
      this.#said.add(message);
      return true;
    }
    return false;
  }

  /** Each problem is said once for as long as it lasts. */
  #tell(problems: readonly SiteProblem[]): void {
    const now = new Set(problems.map(({ ingress, message }) => `${ingress.metadata?.uid} ${message}`));
    for (const { ingress, reason, message } of problems)
      if (!this.#said.has(`${ingress.metadata?.uid} ${message}`))
        this.deps.events.record(subject(ingress), 'Warning', reason, message);
    this.#said = now;
  }

  /** Says on our Node whether this machine answers for Ingresses: its address goes into their status. */
  async #announce(serving: boolean): Promise<void> {
    if (this.#announced === serving) return;
    const { client, nodeName, log } = this.deps;
    const annotations = { [INGRESS_SERVING_ANNOTATION]: serving ? 'true' : null };
    try {
      await client.patch(NODES, { name: nodeName }, { metadata: { annotations } });
      this.#announced = serving;
    } catch (error) {
      // The control plane is away: said when the loop comes by again.
      log.debug({ err: error }, 'cannot say that Ingresses are served');
    }
  }

  async #defaultCertificate(): Promise<string> {
    const file = join(this.deps.stateDir, 'ingress-certificate.json');
    const saved = (await readJson(file)) as { pem?: string } | undefined;
    if (saved?.pem) return saved.pem;
    const { certificate, key } = await selfSignedCertificate('ingress.local', new Date(this.deps.clock.now()));
    await writeAtomic(file, JSON.stringify({ pem: certificate + key }));
    return certificate + key;
  }
}

const subject = (
  ingress: Ingress,
): { apiVersion: string; kind: string; metadata: NonNullable<Ingress['metadata']> } => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: ingress.metadata ?? {},
});
