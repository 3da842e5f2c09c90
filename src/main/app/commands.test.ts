import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseCommand } from './commands.ts';
import { OptionError } from './options.ts';
import { openWithPassphrase, readPassphraseFile, sealWithPassphrase, WrongPassphraseError } from './passphrase.ts';

const parse = (...args: string[]) => parseCommand(args, { XDG_DATA_HOME: '/x' }, 'linux');

describe('the command line', () => {
  test('names a command, or none', () => {
    expect(parse('--data-dir', '/d')).toBeUndefined();
    expect(parse('backup', '/f')).toEqual({
      name: 'backup',
      file: '/f',
      dataDir: '/x/wheelhouse',
      passphraseFile: undefined,
    });
    expect(parse('restore', '/f', '--data-dir', '/d', '--force', '--passphrase-file', '/p')).toEqual({
      name: 'restore',
      file: '/f',
      dataDir: '/d',
      passphraseFile: '/p',
      force: true,
    });
    expect(parse('rotate-secrets-key', '--data-dir', '/d')).toEqual({ name: 'rotate-secrets-key', dataDir: '/d' });
  });

  test.each([
    [['backup'], 'backup takes one file'],
    [['backup', 'a', 'b'], 'backup takes one file'],
    [['backup', 'a', '--force'], '--force goes with restore'],
    [['restore', 'a'], 'restore needs --data-dir DIR'],
    [['rotate-secrets-key', 'a'], 'rotate-secrets-key takes no file'],
    [['rotate-secrets-key', '--passphrase-file', 'p'], '--passphrase-file goes with backup and restore'],
    [['backup', 'a', '--colour'], "Unknown option '--colour'"],
  ])('%j is refused by name', (args, message) => {
    expect(() => parse(...args)).toThrow(OptionError);
    expect(() => parse(...args)).toThrow(message);
  });
});

describe('a passphrase', () => {
  let dir = '';
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'wheelhouse-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  test('opens what it sealed, unchanged, and nothing else does', () => {
    const sealed = sealWithPassphrase('correct horse', Buffer.from('hush'));
    expect(openWithPassphrase('correct horse', sealed).toString()).toBe('hush');
    expect(() => openWithPassphrase('correct house', sealed)).toThrow(WrongPassphraseError);
    for (let at = 0; at < sealed.length; at += 11) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => openWithPassphrase('correct horse', changed)).toThrow(WrongPassphraseError);
    }
  });

  test('comes from a file that nobody else reads', async () => {
    const file = join(dir, 'p');
    await expect(readPassphraseFile(file)).rejects.toThrow(`${file} is not there; make one with: (umask 077;`);
    writeFileSync(file, 'correct horse\r\n', { mode: 0o600 });
    expect(await readPassphraseFile(file)).toBe('correct horse');
    chmodSync(file, 0o640);
    await expect(readPassphraseFile(file)).rejects.toThrow(`chmod 600 ${file}`);
    writeFileSync(file, 'short');
    chmodSync(file, 0o600);
    await expect(readPassphraseFile(file)).rejects.toThrow('fewer than 12 characters');
  });
});
