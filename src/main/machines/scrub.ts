import type { Credentials } from './ssh/credentials.ts';

/** Takes secrets out of text that others will read: a machine may echo what it was sent. */
export type Scrub = (text: string) => string;

/** Shorter values would blank out ordinary words. */
const SHORTEST = 4;

export function scrubberFor(credentials: readonly Credentials[]): Scrub {
  const secrets = credentials
    .flatMap(({ password, passphrase, privateKey }) => [password, passphrase, ...(privateKey?.split('\n') ?? [])])
    .filter((secret): secret is string => secret !== undefined && secret.trim().length >= SHORTEST);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[hidden]'), text);
}
