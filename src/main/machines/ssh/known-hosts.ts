import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fingerprintOf, keyTypeOf } from './fingerprint.ts';

/** One line of a known_hosts file. */
export interface KnownHostEntry {
  /** `@revoked` lines refuse a key wherever it shows; `@cert-authority` lines are not used (we take no host certificates). */
  marker?: 'revoked';
  /** The comma-separated patterns, or one hashed name. */
  hosts: string[];
  keyType: string;
  key: Buffer;
  /** `FILE:LINE`, for messages. */
  where: string;
}

/** What the files say about a host's key. */
export type KnownHostVerdict =
  | { kind: 'known'; where: string }
  /** `others`: key types the files hold for this host, none of which it showed. */
  | { kind: 'unknown'; others: string[] }
  | { kind: 'changed'; expected: string; where: string }
  | { kind: 'revoked'; where: string };

/** Parses a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). Lines that are not understood are passed over, as ssh does. */
export function parseKnownHosts(text: string, file: string): KnownHostEntry[] {
  return text.split('\n').flatMap((line, index): KnownHostEntry[] => {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [hosts, keyType, base64] = fields;
    if (!hosts || hosts.startsWith('#') || !keyType || !base64) return [];
    if (marker !== undefined && marker !== '@revoked') return [];
    const key = Buffer.from(base64, 'base64');
    if (keyTypeOf(key) !== keyType) return [];
    const entry = { hosts: hosts.split(','), keyType, key, where: `${file}:${index + 1}` };
    return [marker ? { ...entry, marker: 'revoked' } : entry];
  });
}

/** Reads the files that exist, in order. A file that is not there is like an empty one; one that cannot be read is an error. */
export async function readKnownHosts(files: string[]): Promise<KnownHostEntry[]> {
  const entries: KnownHostEntry[] = [];
  for (const file of files) {
    try {
      entries.push(...parseKnownHosts(await readFile(file, 'utf8'), file));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return entries;
}

/** How ssh writes a host in known_hosts: the bare name on port 22, `[name]:port` on any other. */
function nameInFile(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

function matchesHashed(pattern: string, name: string): boolean {
  const [, , salt, hash] = pattern.split('|');
  if (!salt || !hash) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function matchesGlob(pattern: string, name: string): boolean {
  const source = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`).test(name);
}

function appliesTo(entry: KnownHostEntry, name: string): boolean {
  const negated = entry.hosts.filter((pattern) => pattern.startsWith('!'));
  if (negated.some((pattern) => matchesGlob(pattern.slice(1), name))) return false;
  return entry.hosts.some((pattern) =>
    pattern.startsWith('|1|') ? matchesHashed(pattern, name) : !pattern.startsWith('!') && matchesGlob(pattern, name),
  );
}

/** Key types the files hold for a host, so that they can be asked for first, as ssh does. */
export function knownKeyTypes(entries: KnownHostEntry[], host: string, port: number): string[] {
  const name = nameInFile(host, port);
  return [...new Set(entries.filter((entry) => !entry.marker && appliesTo(entry, name)).map((entry) => entry.keyType))];
}

/** Judges the key (wire form) that a host showed. */
export function judgeHostKey(entries: KnownHostEntry[], host: string, port: number, key: Buffer): KnownHostVerdict {
  const name = nameInFile(host, port);
  const relevant = entries.filter((entry) => appliesTo(entry, name));
  const revoked = relevant.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked) return { kind: 'revoked', where: revoked.where };
  const trusted = relevant.filter((entry) => !entry.marker);
  const same = trusted.find((entry) => entry.key.equals(key));
  if (same) return { kind: 'known', where: same.where };
  const type = keyTypeOf(key);
  const other = trusted.find((entry) => entry.keyType === type);
  if (other) return { kind: 'changed', expected: fingerprintOf(other.key), where: other.where };
  return { kind: 'unknown', others: [...new Set(trusted.map((entry) => entry.keyType))] };
}
