import { describe, expect, test } from 'vitest';
import { answersFor } from './attempts.ts';
import { AuthenticationWalk, explainRefusal } from './authenticate.ts';
import { fingerprintOf, sameFingerprint } from './fingerprint.ts';

const prompt = (text: string, echo = false) => ({ prompt: text, echo });

describe('signing in', () => {
  test('answers a hidden prompt for the password and leaves the others empty', () => {
    expect(answersFor([prompt('Password: ')], 'x')).toEqual(['x']);
    expect(answersFor([prompt('Mot de passe : ')], 'x')).toEqual(['x']);
    expect(answersFor([prompt('Password: '), prompt('Verification code: ')], 'x')).toEqual(['x', '']);
    expect(answersFor([prompt('Your password will be shown: ', true)], 'x')).toEqual(['']);
  });

  test('records each outcome, also a first factor that was accepted', () => {
    const user = 'ops';
    const walk = new AuthenticationWalk([
      { method: 'none', auth: { type: 'none', username: user } },
      { method: 'publickey', detail: 'SHA256:a', problem: 'wrong-passphrase' },
      { method: 'password', auth: { type: 'password', username: user, password: 'p' } },
      {
        method: 'keyboard-interactive',
        auth: { type: 'keyboard-interactive', username: user, prompt: () => undefined },
      },
    ]);
    const asked: unknown[] = [];
    const use = (auth: unknown): void => void asked.push(auth);
    walk.next(null, null, use);
    walk.next(['password', 'keyboard-interactive'], false, use);
    walk.next(['keyboard-interactive'], true, use);
    walk.next(['keyboard-interactive'], false, use);
    expect(asked.at(-1)).toBe(false);
    expect(walk.exhausted).toBe(true);
    expect(walk.tried).toEqual([
      { method: 'publickey', detail: 'SHA256:a', outcome: 'unavailable' },
      { method: 'password', outcome: 'accepted' },
      { method: 'keyboard-interactive', outcome: 'refused' },
    ]);
    expect(explainRefusal(user, 'web', walk, 'Authorized users only').output).toBe('Authorized users only');
  });

  test('compares fingerprints however they were pasted', () => {
    const fingerprint = fingerprintOf(Buffer.from('key'));
    expect(fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(sameFingerprint(fingerprint, ` ${fingerprint.slice(7)}= `)).toBe(true);
    expect(sameFingerprint(fingerprint, fingerprint.toLowerCase())).toBe(false);
  });
});
