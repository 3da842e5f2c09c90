import { createHash } from 'node:crypto';

/** A public key's fingerprint as OpenSSH prints it: `SHA256:` and unpadded base64. `key` is the wire form. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The algorithm name a public key in wire form begins with, such as `ssh-ed25519`. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return 'unknown';
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

/** Fingerprints are compared without regard to how they were pasted: with or without prefix and padding. */
export function sameFingerprint(a: string, b: string): boolean {
  const bare = (text: string): string =>
    text
      .trim()
      .replace(/^SHA256:/i, '')
      .replace(/=+$/, '');
  return bare(a) === bare(b);
}
