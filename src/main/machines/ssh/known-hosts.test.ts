import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fingerprintOf } from './fingerprint.ts';
import { judgeHostKey, knownKeyTypes, parseKnownHosts } from './known-hosts.ts';

/** A public key in wire form: its type, then some bytes. */
function aKey(type: string, seed: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(seed)]);
}

const ed = aKey('ssh-ed25519', 'one');
const otherEd = aKey('ssh-ed25519', 'two');
const rsa = aKey('ssh-rsa', 'three');
const line = (hosts: string, key: Buffer, marker = ''): string =>
  `${marker}${hosts} ${key.subarray(4, 4 + key.readUInt32BE(0)).toString()} ${key.toString('base64')} comment\n`;
const judge = (text: string, host: string, port: number, key: Buffer) =>
  judgeHostKey(parseKnownHosts(text, 'known_hosts'), host, port, key);

function hashed(name: string): string {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

describe('known_hosts', () => {
  test('knows a host by name, in any case, and by a list of names', () => {
    expect(judge(line('Web.example,10.0.0.1', ed), 'web.EXAMPLE', 22, ed)).toEqual({
      kind: 'known',
      where: 'known_hosts:1',
    });
    expect(judge(line('web,10.0.0.1', ed), '10.0.0.1', 22, ed).kind).toBe('known');
  });

  test('another port is another name', () => {
    expect(judge(line('web', ed), 'web', 2222, ed).kind).toBe('unknown');
    expect(judge(line('[web]:2222', ed), 'web', 2222, ed).kind).toBe('known');
    expect(judge(line('[web]:2222', ed), 'web', 22, ed).kind).toBe('unknown');
  });

  test('reads hashed names', () => {
    expect(judge(line(hashed('web'), ed), 'web', 22, ed).kind).toBe('known');
    expect(judge(line(hashed('[web]:2222'), ed), 'web', 2222, ed).kind).toBe('known');
    expect(judge(line(hashed('web'), ed), 'db', 22, ed).kind).toBe('unknown');
  });

  test('wildcards match and negations exclude', () => {
    const text = line('*.example,!bad.example', ed);
    expect(judge(text, 'a.example', 22, ed).kind).toBe('known');
    expect(judge(text, 'bad.example', 22, ed).kind).toBe('unknown');
    expect(judge(line('10.0.0.?', ed), '10.0.0.12', 22, ed).kind).toBe('unknown');
  });

  test('another key of the same type is a change, one of another type is only unknown', () => {
    expect(judge(line('web', ed), 'web', 22, otherEd)).toEqual({
      kind: 'changed',
      expected: fingerprintOf(ed),
      where: 'known_hosts:1',
    });
    expect(judge(line('web', ed), 'web', 22, rsa)).toEqual({ kind: 'unknown', others: ['ssh-ed25519'] });
  });

  test('any of several keys will do', () => {
    expect(judge(line('web', ed) + line('web', otherEd), 'web', 22, otherEd).kind).toBe('known');
  });

  test('a revoked key is refused even where another line trusts it', () => {
    expect(judge(line('web', ed) + line('*', ed, '@revoked '), 'web', 22, ed)).toEqual({
      kind: 'revoked',
      where: 'known_hosts:2',
    });
  });

  test('comments, certificate authorities and damaged lines are passed over', () => {
    const text = `# ${line('web', ed)}\n${line('web', otherEd, '@cert-authority ')}web ssh-ed25519 AAAA\nweb\n\n`;
    expect(judge(text, 'web', 22, ed)).toEqual({ kind: 'unknown', others: [] });
  });

  test('lists the key types it holds for a host', () => {
    expect(knownKeyTypes(parseKnownHosts(line('web', rsa) + line('web', ed) + line('db', ed), 'f'), 'web', 22)).toEqual(
      ['ssh-rsa', 'ssh-ed25519'],
    );
  });
});
