import type { AuthenticationType, NextAuthHandler } from 'ssh2';
import type { MachineStatus } from '../../../shared/api/machine.ts';
import { PhaseError } from '../phase-error.ts';
import type { Attempt, KeyProblem } from './attempts.ts';

export type Tried = NonNullable<MachineStatus['authenticationTried']>[number];

/**
 * Walks through the attempts as ssh2 asks for the next one, and keeps a record of each outcome: the next question
 * means that the attempt before was refused (or, with `partialSuccess`, accepted as one of several factors).
 */
export class AuthenticationWalk {
  readonly tried: Tried[] = [];
  readonly #problems = new Set<KeyProblem>();
  readonly #remaining: Attempt[];
  #pending: Tried | undefined;
  #offered: readonly string[] = [];
  #exhausted = false;

  constructor(attempts: Attempt[]) {
    this.#remaining = [...attempts];
  }

  /** True once every attempt was refused: ssh2's error that follows is final. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** What the machine says it accepts; empty before its first answer. */
  get offered(): readonly string[] {
    return this.#offered;
  }

  has(problem: KeyProblem): boolean {
    return this.#problems.has(problem);
  }

  /** ssh2's `authHandler`. */
  readonly next = (left: AuthenticationType[] | null, partialSuccess: boolean | null, use: NextAuthHandler): void => {
    if (left) this.#offered = left;
    this.#settle(partialSuccess ? 'accepted' : 'refused');
    for (let attempt = this.#remaining.shift(); attempt; attempt = this.#remaining.shift()) {
      const { method } = attempt;
      const detail = attempt.detail === undefined ? {} : { detail: attempt.detail };
      if ('problem' in attempt) {
        this.#problems.add(attempt.problem);
        this.tried.push({ method, ...detail, outcome: 'unavailable' });
      } else if (left && !isOffered(method, left)) {
        this.tried.push({ method, detail: 'the machine does not offer it', outcome: 'unavailable' });
      } else {
        this.#pending = { method, ...detail, outcome: 'refused' };
        return use(attempt.auth);
      }
    }
    this.#exhausted = true;
    // ssh2 takes `false` for "nothing more to try", which its types leave out.
    use(false as unknown as 'none');
  };

  /** Signed in: the attempt under way was accepted. */
  succeeded(): void {
    this.#settle('accepted');
  }

  /** The connection ended while an attempt was under way. */
  ended(): void {
    this.#settle('refused');
  }

  #settle(outcome: 'accepted' | 'refused'): void {
    const pending = this.#pending;
    this.#pending = undefined;
    // Asking with `none` only asks what is offered: its refusal is no news.
    if (pending && !(pending.method === 'none' && outcome === 'refused')) this.tried.push({ ...pending, outcome });
  }
}

/** Agent keys are tried by the method `publickey`. */
function isOffered(method: AuthenticationType, left: readonly string[]): boolean {
  return method === 'none' || left.includes(method === 'agent' ? 'publickey' : method);
}

/** `publickey SHA256:… comment (refused), password (refused)`. */
export function describeTried(tried: readonly Tried[]): string {
  return tried.map(({ method, detail, outcome }) => `${method}${detail ? ` ${detail}` : ''} (${outcome})`).join(', ');
}

/** Why nobody was let in, as the user can act on it. `said` is the machine's own last word, such as its banner. */
export function explainRefusal(
  user: string,
  host: string,
  walk: AuthenticationWalk,
  said: string | undefined,
): PhaseError {
  const { tried } = walk;
  const offered = walk.offered.length > 0 ? ` ${host} accepts: ${walk.offered.join(', ')}.` : '';
  const failure = (reason: string, message: string): PhaseError =>
    new PhaseError({
      phase: 'Authenticated',
      reason,
      message,
      ...(said ? { output: said } : {}),
      facts: { authenticationTried: tried },
    });
  const list = tried.length > 0 ? ` Tried: ${describeTried(tried)}.` : '';
  const attempted = tried.some(({ outcome }) => outcome === 'refused');

  if (!attempted && walk.has('wrong-passphrase')) {
    return failure(
      'WrongPassphrase',
      `The passphrase does not open the private key, so it was not shown to ${host}. Correct \`passphrase\` in the Secret.${list}`,
    );
  }
  if (!attempted && walk.has('needs-passphrase')) {
    return failure(
      'PassphraseNeeded',
      `The private key is protected by a passphrase and none is given. Add \`passphrase\` to the Secret, or load the key into an SSH agent.${list}`,
    );
  }
  if (!attempted && walk.has('unreadable')) {
    return failure(
      'KeyUnreadable',
      `The private key cannot be read. Paste the whole file, in OpenSSH or PEM form (\`ssh-keygen -p -f KEY\` rewrites others).${list}`,
    );
  }
  if (tried.length === 0) {
    return failure(
      'NoCredentials',
      `There is nothing to sign in to ${host} with: no Secret is named, no SSH agent runs and no default key exists. Name a Secret in spec.credentialRef.${offered}`,
    );
  }
  if (!attempted) {
    return failure('MethodNotOffered', `${host} does not accept any way of signing in that we have.${offered}${list}`);
  }
  return failure(
    'AuthenticationRefused',
    `${host} did not let user ${user} in. Check the user name, and that the key is in ~${user}/.ssh/authorized_keys or the password is right.${list}${offered}`,
  );
}
