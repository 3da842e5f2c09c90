import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../shared/client/api-client.ts';
import type { ApiRequest, Transport } from '../../shared/client/transport.ts';
import type { Pod } from '../../shared/api/kinds.ts';
import { aPod } from '../pods/fixtures.ts';
import { TokenSource } from './token-source.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR_MS = 3_600_000;

let directory: string;
let now: number;
let away: boolean;
let asked: ApiRequest[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-'));
  now = START;
  away = false;
  asked = [];
});
afterEach(() => rm(directory, { recursive: true }));

/** Answers each request with a token of its number. */
const transport = {
  request: (request: ApiRequest) => {
    if (away) return Promise.reject(new Error('ECONNREFUSED'));
    asked.push(request);
    const { expirationSeconds } = (request.body as { spec: { expirationSeconds: number } }).spec;
    const expirationTimestamp = new Date(now + expirationSeconds * 1000).toISOString();
    return Promise.resolve({ status: { token: `t${asked.length}`, expirationTimestamp } });
  },
} as unknown as Transport;

const warnings: object[] = [];
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (f: object) => void warnings.push(f),
  error: () => undefined,
};
const agent = (): TokenSource =>
  new TokenSource({
    client: new ApiClient(transport, 'kubelet'),
    directory,
    clock: { now: () => now },
    random: () => 0,
    log,
  });
const podWith = (...sources: { path: string; audience?: string; expirationSeconds?: number }[]): Pod =>
  aPod({
    serviceAccountName: 'build',
    volumes: [{ name: 'v', projected: { sources: sources.map((serviceAccountToken) => ({ serviceAccountToken })) } }],
  });
const tokenOf = async (source: TokenSource, pod: Pod): Promise<unknown> => {
  const [only] = (await source.tokensOf(pod)).values();
  return only && ('token' in only ? only.token : only);
};

describe('tokens of a pod', () => {
  test('are asked for its account and bound to it', async () => {
    const pod = podWith({ path: 'token', expirationSeconds: 3607 }, { path: 'vault', audience: 'vault' });
    const tokens = await agent().tokensOf(pod);
    expect([...tokens.keys()]).toEqual(['3607/', '3600/vault']);
    expect(asked.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/api/v1/namespaces/default/serviceaccounts/build/token'],
      ['POST', '/api/v1/namespaces/default/serviceaccounts/build/token'],
    ]);
    expect(asked.map(({ body }) => (body as { spec: object }).spec)).toEqual([
      {
        audiences: [],
        expirationSeconds: 3607,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'u1' },
      },
      {
        audiences: ['vault'],
        expirationSeconds: 3600,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'u1' },
      },
    ]);
  });

  test('none are asked for a pod that projects none', async () => {
    expect(await agent().tokensOf(aPod())).toEqual(new Map());
    expect(asked).toEqual([]);
  });

  test('are renewed at four fifths of their life, and when they are a day old', async () => {
    const source = agent();
    const hour = podWith({ path: 't', expirationSeconds: 3600 });
    now = START + 0.8 * HOUR_MS - 1;
    expect([await tokenOf(source, hour), asked.length]).toEqual(['t1', 1]);
    now += 0.8 * HOUR_MS - 1;
    expect(await tokenOf(source, hour)).toBe('t1');
    now += 1;
    expect(await tokenOf(source, hour)).toBe('t2');

    const month = podWith({ path: 't', expirationSeconds: 30 * 24 * 3600 });
    expect(await tokenOf(source, month)).toBe('t3');
    now += 24 * HOUR_MS - 1;
    expect(await tokenOf(source, month)).toBe('t3');
    now += 1;
    expect(await tokenOf(source, month)).toBe('t4');
  });

  test('outlive the agent and the API, to their end', async () => {
    const pod = podWith({ path: 't', expirationSeconds: 3600 });
    await agent().tokensOf(pod);
    away = true;
    now = START + HOUR_MS - 1;
    expect(await tokenOf(agent(), pod)).toBe('t1');
    expect(warnings).toHaveLength(1);
    now = START + HOUR_MS;
    expect(await tokenOf(agent(), pod)).toEqual({ error: 'ECONNREFUSED' });
  });

  test('are kept where only root reads them, and go with the pod', async () => {
    const source = agent();
    const pod = podWith({ path: 't' });
    await source.tokensOf(pod);
    const [file = ''] = await readdir(directory);
    expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
    await source.prune([pod]);
    expect(await readdir(directory)).toHaveLength(1);
    await source.prune([]);
    expect(await readdir(directory)).toEqual([]);
  });
});
