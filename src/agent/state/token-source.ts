import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../shared/api/errors.ts';
import { pathOf, SERVICE_ACCOUNTS, type Pod, type TokenRequest } from '../../shared/api/kinds.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { readJson, writeAtomic } from './atomic-file.ts';

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];
type Source = NonNullable<NonNullable<NonNullable<Volume['projected']>['sources']>[number]['serviceAccountToken']>;

/** Every token a pod's volumes project, by `tokenKey`; or why there is none. */
export type PodTokens = ReadonlyMap<string, { token: string } | { error: string }>;

interface KeptToken {
  token: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  lifeMs: number;
}

/** What the API gives when nothing is said (SetDefaults_ServiceAccountTokenProjection). */
const DEFAULT_SECONDS = 3600;
/** A token is renewed at this part of its life, and at this age at the latest (pkg/kubelet/token). */
const RENEW_AT = 0.8;
const OLDEST_MS = 24 * 3_600_000;
/** Renewals of many pods are spread. */
const JITTER_MS = 10_000;

/** Which of a pod's tokens a source is: sources that ask for the same share one. */
export const tokenKey = (source: Pick<Source, 'audience' | 'expirationSeconds'>): string =>
  `${source.expirationSeconds ?? DEFAULT_SECONDS}/${source.audience ?? ''}`;

/**
 * Service account tokens for pods, asked for as the node and bound to the pod; renewed before they end. They are kept on
 * disk (0600), so that an agent that starts while the API is away goes on with those it had.
 */
export class TokenSource {
  constructor(
    private readonly deps: {
      client: ApiClient;
      /** Only tokens are in it. */
      directory: string;
      clock: Clock;
      random: () => number;
      log: Logger;
    },
  ) {}

  /** The tokens of all its volumes. A renewal that fails keeps the old token for as long as it is good. */
  async tokensOf(pod: Pod): Promise<PodTokens> {
    const tokens = new Map<string, { token: string } | { error: string }>();
    for (const source of sourcesOf(pod)) {
      const key = tokenKey(source);
      if (!tokens.has(key)) tokens.set(key, await this.#token(pod, source));
    }
    return tokens;
  }

  /** Forgets the tokens of pods that are not among these. */
  async prune(pods: Iterable<Pod>): Promise<void> {
    const keep = new Set<string>();
    for (const pod of pods) for (const source of sourcesOf(pod)) keep.add(fileOf(pod, source));
    const files = await readdir(this.deps.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const gone = files.filter((file) => !keep.has(file));
    await Promise.all(gone.map((file) => rm(join(this.deps.directory, file), { force: true })));
  }

  async #token(pod: Pod, source: Source): Promise<{ token: string } | { error: string }> {
    const { clock, random, log } = this.deps;
    const file = join(this.deps.directory, fileOf(pod, source));
    const kept = (await readJson(file)) as KeptToken | undefined;
    const now = clock.now();
    if (kept && now < renewalOf(kept) - random() * JITTER_MS) return kept;
    try {
      const fresh = await this.#request(pod, source);
      await writeAtomic(file, JSON.stringify(fresh));
      return fresh;
    } catch (error) {
      if (!kept || now >= kept.expiresAt) return { error: messageOf(error) };
      log.warn(
        { err: messageOf(error), uid: pod.metadata?.uid },
        'token could not be renewed; the old one is still good',
      );
      return kept;
    }
  }

  async #request(pod: Pod, source: Source): Promise<KeptToken> {
    const { name = '', namespace = 'default', uid = '' } = pod.metadata ?? {};
    const seconds = source.expirationSeconds ?? DEFAULT_SECONDS;
    const { status } = await this.deps.client.transport.request<TokenRequest>({
      method: 'POST',
      path: pathOf(SERVICE_ACCOUNTS, namespace, pod.spec?.serviceAccountName ?? 'default', 'token'),
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          audiences: source.audience ? [source.audience] : [],
          expirationSeconds: seconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      },
    });
    if (!status?.token) throw new Error('the API server gave no token');
    return {
      token: status.token,
      expiresAt: Date.parse(String(status.expirationTimestamp)),
      lifeMs: seconds * 1000,
    };
  }
}

function renewalOf({ expiresAt, lifeMs }: KeptToken): number {
  const issuedAt = expiresAt - lifeMs;
  return issuedAt + Math.min(lifeMs * RENEW_AT, OLDEST_MS);
}

function sourcesOf(pod: Pod): Source[] {
  return (pod.spec?.volumes ?? []).flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []),
  );
}

const fileOf = (pod: Pod, source: Source): string => {
  const asked = `${pod.spec?.serviceAccountName ?? 'default'}/${tokenKey(source)}`;
  return `${pod.metadata?.uid ?? ''}_${createHash('sha256').update(asked).digest('hex').slice(0, 16)}.json`;
};
