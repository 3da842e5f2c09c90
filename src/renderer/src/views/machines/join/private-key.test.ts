import { expect, test } from 'vitest';
import { recogniseKey } from './private-key.ts';

const openSsh = (cipher: string): string =>
  `-----BEGIN OPENSSH PRIVATE KEY-----\n${btoa(`openssh-key-v1\0\0\0\0${String.fromCharCode(cipher.length)}${cipher}rest`)}\n-----END OPENSSH PRIVATE KEY-----`;

test.each([
  ['  \n', { kind: 'empty' }],
  [openSsh('none'), { kind: 'key', encrypted: false }],
  [openSsh('aes256-ctr'), { kind: 'key', encrypted: true }],
  ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----', { kind: 'key', encrypted: false }],
  [
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nabc\n-----END RSA PRIVATE KEY-----',
    { kind: 'key', encrypted: true },
  ],
  ['-----BEGIN ENCRYPTED PRIVATE KEY-----\nabc\n-----END ENCRYPTED PRIVATE KEY-----', { kind: 'key', encrypted: true }],
  ['PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\n', { kind: 'key', encrypted: true }],
  ['ssh-ed25519 AAAAC3Nz me@here', { kind: 'public' }],
  ['hunter2', { kind: 'unknown' }],
])('%j', (text, kind) => expect(recogniseKey(text)).toEqual(kind));
