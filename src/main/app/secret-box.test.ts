import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileModeProtector, openSecretBox, writeKeys } from './secret-box.ts';

let dir = '';
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'wheelhouse-'))));
afterEach(() => rmSync(dir, { recursive: true }));

test('what one start seals the next start opens, for the same name only', async () => {
  const file = join(dir, 'key');
  const sealed = (await openSecretBox(file, fileModeProtector)).seal('/core/secrets/a/b', Buffer.from('hush'));
  expect(sealed.includes('hush')).toBe(false);
  const again = await openSecretBox(file, fileModeProtector);
  expect(again.open('/core/secrets/a/b', sealed).toString()).toBe('hush');
  expect(() => again.open('/core/secrets/a/c', sealed)).toThrow();
  sealed[sealed.length - 1]! ^= 1;
  expect(() => again.open('/core/secrets/a/b', sealed)).toThrow();
});

test('the key file is private, and refused when it is not', async () => {
  const file = join(dir, 'key');
  await openSecretBox(file, fileModeProtector);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  chmodSync(file, 0o644);
  await expect(openSecretBox(file, fileModeProtector)).rejects.toThrow(`chmod 600 ${file}`);
});

test('a file of two keys opens what either sealed, and seals with the first', async () => {
  const [one, two] = [join(dir, 'one'), join(dir, 'two')];
  const [old, fresh] = [await openSecretBox(one, fileModeProtector), await openSecretBox(two, fileModeProtector)];
  await writeKeys(one, fileModeProtector, [...fresh.keys, ...old.keys]);
  const both = await openSecretBox(one, fileModeProtector);
  const [byOld, byBoth] = [old.seal('a', Buffer.from('hush')), both.seal('a', Buffer.from('hush'))];
  expect([both.open('a', byOld), both.open('a', byBoth), fresh.open('a', byBoth)].map(String)).toEqual([
    'hush',
    'hush',
    'hush',
  ]);
  expect([both.isStale('a', byOld), both.isStale('a', byBoth)]).toEqual([true, false]);
  expect(() => old.open('a', byBoth)).toThrow();
});

test('a file that holds no whole keys is refused', async () => {
  const file = join(dir, 'key');
  writeFileSync(file, Buffer.alloc(40), { mode: 0o600 });
  await expect(openSecretBox(file, fileModeProtector)).rejects.toThrow('does not hold a key of this installation');
});
