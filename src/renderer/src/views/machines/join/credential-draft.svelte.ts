import type { Credential } from './add-machine.ts';
import { recogniseKey } from './private-key.ts';

export type CredentialKind = Credential['kind'];

/** What the sign-in fields hold until it is sent, and not a moment longer. */
export class CredentialDraft {
  kind = $state<CredentialKind>('default');
  privateKey = $state('');
  passphrase = $state('');
  password = $state('');
  /** Problems are shown once the user has tried to go on. */
  checked = $state(false);

  readonly key = $derived(recogniseKey(this.privateKey));

  /** What is wrong with the field that is shown; undefined when nothing is. */
  readonly problem = $derived.by((): string | undefined => {
    if (this.kind === 'password') return this.password === '' ? 'Type the password of the user.' : undefined;
    if (this.kind === 'default') return undefined;
    switch (this.key.kind) {
      case 'empty':
        return 'Paste the private key, or choose its file.';
      case 'public':
        return 'This is the public half. The private one is the file of the same name without .pub.';
      case 'unknown':
        return 'This is no private key: one begins with "-----BEGIN … PRIVATE KEY-----".';
      case 'key':
        return undefined;
    }
  });

  /** A key that needs a passphrase has none yet. */
  readonly passphraseProblem = $derived(
    this.kind === 'key' && this.key.kind === 'key' && this.key.encrypted && this.passphrase === ''
      ? 'The key is protected by a passphrase.'
      : undefined,
  );

  /** What to send; null, with the problems shown, while something is missing. */
  take(): Credential | null {
    this.checked = true;
    if (this.problem ?? this.passphraseProblem) return null;
    switch (this.kind) {
      case 'default':
        return { kind: 'default' };
      case 'key':
        return { kind: 'key', privateKey: this.privateKey, passphrase: this.passphrase };
      case 'password':
        return { kind: 'password', password: this.password };
    }
  }

  /** Forgets every secret. */
  clear(): void {
    this.privateKey = '';
    this.passphrase = '';
    this.password = '';
    this.checked = false;
  }
}
