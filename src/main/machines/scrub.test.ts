import { expect, test } from 'vitest';
import { scrubberFor } from './scrub.ts';

test('takes passwords, passphrases and lines of keys out of text', () => {
  const scrub = scrubberFor([
    { password: 'hunter22', passphrase: 'open sesame', privateKey: '-----BEGIN-----\nMIIEabcd\n' },
  ]);
  expect(scrub('bash: hunter22: not found; open sesame; MIIEabcd')).toBe(
    'bash: [hidden]: not found; [hidden]; [hidden]',
  );
});

test('leaves text alone that has no secret, also with an empty or tiny one', () => {
  expect(scrubberFor([{ password: '' }, { password: 'a' }])('a text')).toBe('a text');
});
