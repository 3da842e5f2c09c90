import type * as Etcd from 'etcd3';
import type {
  Etcd3,
  IDuplexStream,
  IOptions,
  IRangeRequest,
  IRangeResponse,
  ITxnRequest,
  ITxnResponse,
  IWatchRequest,
  IWatchResponse,
} from 'etcd3';
import { StoreUnavailableError, WriteFailedError } from '../storage.ts';

/** etcd's own port, and how to trust it. */
export interface EtcdAddress {
  /** `http://127.0.0.1:2379` or `https://…`, one a member. */
  endpoints: readonly string[];
  /** PEM; needed for https with an authority of one's own, and for client certificates. */
  tls?: { ca: Buffer; certificate?: Buffer; key?: Buffer };
}

/** The calls of etcd's API that the store makes. Every method throws StoreUnavailableError when no member answers. */
export interface EtcdClient {
  /** Linearizable unless the request says otherwise. Tried again on another member when one fails. */
  range(request: IRangeRequest): Promise<IRangeResponse>;
  /** Tried again only when it is certain that it never left: it may change something. Throws WriteFailedError. */
  txn(request: ITxnRequest): Promise<ITxnResponse>;
  compact(revision: number): Promise<void>;
  watch(): Promise<IDuplexStream<IWatchRequest, IWatchResponse>>;
  close(): void;
}

/** As upstream's etcd client of the API server: a call is given up after this, a silent connection is probed and dropped. */
const CALL_MS = 5_000;
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 3_000;

/** grpc-js's words for a call that found no connection: it was never sent. */
const NEVER_SENT = /No connection established|Name resolution failed/;

/**
 * Opens a client. Nothing is sent before the first call. The library is loaded here and not before: it reads its
 * protocol files from disk, and only those who chose etcd need it.
 */
export async function connectEtcd(address: EtcdAddress, clock: { now(): number }): Promise<EtcdClient> {
  const library: Library & { default?: Library } = await import('etcd3');
  // A CommonJS package: some bundlers put all of it under `default` only.
  const { Etcd3: Client } = library.default ?? library;
  return new GrpcClient(new Client(optionsFor(address)), address.endpoints.length, clock);
}

type Library = Pick<typeof Etcd, 'Etcd3'>;

class GrpcClient implements EtcdClient {
  constructor(
    private readonly etcd: Etcd3,
    private readonly members: number,
    private readonly clock: { now(): number },
  ) {}

  range(request: IRangeRequest): Promise<IRangeResponse> {
    return this.#tryMembers(
      () => this.etcd.kv.range(request, this.#options()),
      () => true,
    );
  }

  txn(request: ITxnRequest): Promise<ITxnResponse> {
    return this.#tryMembers(
      () => this.etcd.kv.txn(request, this.#options()),
      (message) => NEVER_SENT.test(message),
    );
  }

  async compact(revision: number): Promise<void> {
    await this.#tryMembers(
      () => this.etcd.kv.compact({ revision }, this.#options()),
      () => true,
    );
  }

  async watch(): Promise<IDuplexStream<IWatchRequest, IWatchResponse>> {
    return this.etcd.watchClient.watch();
  }

  close(): void {
    this.etcd.close();
  }

  #options(): { deadline: number } {
    return { deadline: this.clock.now() + CALL_MS };
  }

  /** The library picks a member at random for each call: twice as many tries as members find one that is there. */
  async #tryMembers<T>(call: () => Promise<T>, mayRepeat: (message: string) => boolean): Promise<T> {
    for (let left = this.members === 1 ? 1 : this.members * 2; ; left--) {
      try {
        return await call();
      } catch (error) {
        const known = errorOf(error);
        if (known instanceof StoreUnavailableError && left > 1 && mayRepeat(known.message)) continue;
        throw known;
      }
    }
  }
}

/** etcd's refusals in our words; what is neither a refusal nor a failed connection is passed on as it is. */
function errorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = error;
  if (message.includes('database space exceeded'))
    return new WriteFailedError(
      "etcd's database is full; compact and defragment it (etcdctl compact, etcdctl defrag), then etcdctl alarm disarm",
      error,
    );
  if (message.includes('request is too large'))
    return new WriteFailedError(
      'the object is larger than etcd takes (1.5 MiB unless --max-request-bytes says more)',
      error,
    );
  const unreachable =
    /UNAVAILABLE|DEADLINE_EXCEEDED|CANCELLED|INTERNAL|closed|etcdserver: (request timed out|no leader|leader changed|server stopped|too many requests)/;
  return unreachable.test(`${error.constructor.name} ${message}`) ||
    /^GRPC(Unavailable|DeadlineExceeded|Cancelled|Internal)/.test(error.constructor.name)
    ? new StoreUnavailableError(`etcd: ${message}`, error)
    : error;
}

function optionsFor({ endpoints, tls }: EtcdAddress): IOptions {
  return {
    hosts: [...endpoints],
    ...(tls
      ? {
          credentials: {
            rootCertificate: tls.ca,
            ...(tls.key && tls.certificate ? { privateKey: tls.key, certChain: tls.certificate } : {}),
          },
        }
      : {}),
    grpcOptions: {
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
    },
    // The library's own retries could repeat a write that was carried out; what may be repeated is decided above.
    faultHandling: { global: straightThrough, host: () => straightThrough },
  };
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;
const neverAborted = new AbortController().signal;
const noListener = (): { dispose(): void } => ({ dispose: () => undefined });
const straightThrough: Policy = {
  _altReturn: undefined as never,
  execute: async (run) => run({ signal: neverAborted }),
  onSuccess: noListener,
  onFailure: noListener,
};
