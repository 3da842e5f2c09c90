import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileModeProtector, openSecretBox } from './secret-box.ts';

let dir = '';
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'wheelhouse-'))));
afterEach(() => rmSync(dir, { recursive: true }));

test('what one start seals the next start opens, for the same name only', () => {
  const file = join(dir, 'key');
  const sealed = openSecretBox(file, fileModeProtector).seal('/core/secrets/a/b', Buffer.from('hush'));
  expect(sealed.includes('hush')).toBe(false);
  const again = openSecretBox(file, fileModeProtector);
  expect(again.open('/core/secrets/a/b', sealed).toString()).toBe('hush');
  expect(() => again.open('/core/secrets/a/c', sealed)).toThrow();
  sealed[sealed.length - 1]! ^= 1;
  expect(() => again.open('/core/secrets/a/b', sealed)).toThrow();
});

test('the key file is private, and refused when it is not', () => {
  const file = join(dir, 'key');
  openSecretBox(file, fileModeProtector);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  chmodSync(file, 0o644);
  expect(() => openSecretBox(file, fileModeProtector)).toThrow(`chmod 600 ${file}`);
});
