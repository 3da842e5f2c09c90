import { decode, encode, RECURSION_DESIRED, type Answer } from 'dns-packet';
import { parseClusterName } from './cluster-names.ts';
import type { DnsMetrics } from './dns-metrics.ts';
import type { Forwarder } from './forwarder.ts';
import { encodeRefusal, encodeReply, parseQuery, RCODE, sizeLimit, type Query, type Reply } from './message.ts';
import { answerFromZone, startOfAuthority, type ClusterView, type ZoneAnswer, type ZoneSettings } from './zone.ts';

export interface ResolverDeps {
  /** undefined: nothing is known of the cluster yet, nor whether a name is in it. */
  view: () => { view: ClusterView; settings: ZoneSettings } | undefined;
  forwarder: Pick<Forwarder, 'forward'>;
  domain: string;
  metrics: DnsMetrics;
  /** In [0, 1): the order of addresses. */
  random: () => number;
  /** The zone's serial number: seconds since the epoch. */
  serial: () => number;
}

type Transport = 'udp' | 'tcp';

/** ExternalNames may lead to each other so often. */
const MOST_ALIASES = 8;

/** From the bytes of a question to the bytes of its answer; undefined: none is sent. */
export class Resolver {
  constructor(private readonly deps: ResolverDeps) {}

  /** Names of the cluster are answered at once, without a promise: they are nearly all questions. */
  resolve(bytes: Buffer, transport: Transport): Buffer | undefined | Promise<Buffer> {
    const parsed = parseQuery(bytes);
    if (parsed.kind === 'ignore') return undefined;
    if (parsed.kind === 'bad') {
      this.deps.metrics.response(parsed.rcode);
      return encodeRefusal(parsed.id, parsed.flags, parsed.rcode);
    }
    const { query } = parsed;
    this.deps.metrics.request(transport, query.type);
    if (!query.isInternet || query.type === 'AXFR' || query.type === 'IXFR') {
      return this.#reply(query, transport, { rcode: RCODE.refused });
    }
    const known = this.deps.view();
    if (!known) {
      // Whether the name exists cannot be said; that it does not would be believed.
      if (this.#isOurs(query.name)) return this.#reply(query, transport, { rcode: RCODE.serverFailure });
      return this.#forward(query, transport);
    }
    const { view, settings } = known;
    const answer = answerFromZone(query, view, settings);
    switch (answer.kind) {
      case 'outside':
        return this.#forward(query, transport);
      case 'alias':
        return this.#follow(query, answer, view, settings).then((reply) => this.#reply(query, transport, reply));
      default:
        return this.#reply(query, transport, this.#inZone(query, answer, settings));
    }
  }

  #isOurs(name: string): boolean {
    return parseClusterName(name.toLowerCase(), this.deps.domain) !== undefined;
  }

  #inZone(query: Query, answer: Exclude<ZoneAnswer, { kind: 'alias' | 'outside' }>, settings: ZoneSettings): Reply {
    const authority = startOfAuthority(settings, this.deps.serial());
    if (answer.kind === 'answer') {
      return {
        rcode: RCODE.noError,
        authoritative: true,
        answers: this.#shuffled(answer.answers),
        additionals: answer.additionals,
      };
    }
    if (query.type === 'SOA' && query.name.toLowerCase() === settings.domain) {
      return { rcode: RCODE.noError, authoritative: true, answers: [{ ...authority, name: query.name } as Answer] };
    }
    const rcode = answer.kind === 'nxdomain' ? RCODE.nameError : RCODE.noError;
    return { rcode, authoritative: true, authorities: [authority] };
  }

  /** Clients take the first: each endpoint has its turn (CoreDNS's loadbalance plugin). */
  #shuffled(answers: Answer[]): Answer[] {
    return answers
      .map((answer) => ({ answer, place: this.deps.random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ answer }) => answer);
  }

  /** An alias, and what it leads to as far as that can be learnt. */
  async #follow(
    query: Query,
    first: Extract<ZoneAnswer, { kind: 'alias' }>,
    view: ClusterView,
    settings: ZoneSettings,
  ): Promise<Reply> {
    const answers = [first.alias];
    let target = first.target;
    while (query.type !== 'CNAME' && answers.length <= MOST_ALIASES) {
      const next = answerFromZone({ name: target, type: query.type }, view, settings);
      if (next.kind === 'outside') answers.push(...(await this.#askOutside(target, query.type)));
      if (next.kind === 'answer') answers.push(...next.answers);
      if (next.kind !== 'alias') break;
      answers.push(next.alias);
      target = next.target;
    }
    return { rcode: RCODE.noError, authoritative: true, answers };
  }

  async #askOutside(name: string, type: string): Promise<Answer[]> {
    const bytes = encode({
      type: 'query',
      flags: RECURSION_DESIRED,
      questions: [{ name, type: type as 'A' }],
    });
    const parsed = parseQuery(bytes);
    if (parsed.kind !== 'query') return [];
    const forwarded = await this.deps.forwarder.forward(parsed.query, 'tcp');
    return forwarded.kind === 'answered' ? (decode(forwarded.message).answers ?? []) : [];
  }

  async #forward(query: Query, transport: Transport): Promise<Buffer> {
    const forwarded = await this.deps.forwarder.forward(query, transport);
    if (forwarded.kind === 'failed') return this.#reply(query, transport, { rcode: RCODE.serverFailure });
    this.deps.metrics.response(forwarded.message.readUInt16BE(2) & 15);
    return forwarded.message;
  }

  #reply(query: Query, transport: Transport, reply: Reply): Buffer {
    this.deps.metrics.response(reply.rcode);
    return encodeReply(query, reply, sizeLimit(query, transport));
  }
}
