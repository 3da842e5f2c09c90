import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { messageOf } from '../../../shared/api/errors.ts';
import { PhaseError } from '../phase-error.ts';
import { listAttempts } from './attempts.ts';
import { AuthenticationWalk, explainRefusal, type Tried } from './authenticate.ts';
import type { Credentials } from './credentials.ts';
import { verifyHostKey, type AcceptedHostKey, type HostKeyTrust } from './host-key.ts';
import { knownKeyTypes } from './known-hosts.ts';
import type { Address } from './reach.ts';

export interface HandshakeTarget {
  address: Address;
  user: string;
  /** Asked once the host key is accepted; its rejection is the connection's. */
  credentials: () => Promise<Credentials>;
  trust: HostKeyTrust;
}

/** Called as each phase is passed. */
export interface HandshakeProgress {
  /** It is an SSH server: it has shown a host key, whatever is thought of that. */
  hostKeyShown(): void;
  hostKeyAccepted(key: AcceptedHostKey): void;
  authenticated(tried: Tried[]): void;
}

/** Covers greeting, key exchange and signing in; long enough for a slow PAM stack or a key that must be touched. */
const READY_TIMEOUT_MS = 30_000;
/** Three unanswered questions, 15 s apart, and the connection counts as dead. */
const KEEPALIVE_INTERVAL_MS = 15_000;
const KEEPALIVE_COUNT_MAX = 3;

/**
 * SSH over a stream that is already connected: greeting, host key, signing in. Resolves with a client that is ready;
 * rejects with a PhaseError of the phase that failed, the stream closed. No credential is sent before the key is accepted.
 */
export function openConnection(
  stream: Duplex,
  target: HandshakeTarget,
  progress: HandshakeProgress,
  signal: AbortSignal,
): Promise<Client> {
  const { address, user, trust } = target;
  let walk = new AuthenticationWalk([]);
  let failure: { error: unknown } | undefined;
  const greeting = new Greeting();
  const client = new ssh2.Client();
  let verdict: PhaseError | undefined;
  let keyAccepted = false;
  let banner: string | undefined;

  let listed: Promise<void> | undefined;
  const attempts = (): Promise<void> =>
    (listed ??= target
      .credentials()
      .then((credentials) => listAttempts(user, credentials))
      .then((list) => void (walk = new AuthenticationWalk(list))));

  const config: ConnectConfig = {
    sock: stream,
    username: user,
    readyTimeout: READY_TIMEOUT_MS,
    keepaliveInterval: KEEPALIVE_INTERVAL_MS,
    keepaliveCountMax: KEEPALIVE_COUNT_MAX,
    algorithms: { serverHostKey: { remove: [], append: [], prepend: preferredKeyTypes(address, trust) } },
    authHandler: (left, partialSuccess, use) => {
      void attempts().then(
        () => walk.next(left, partialSuccess, use),
        (error: unknown) => {
          failure = { error };
          client.end();
        },
      );
    },
    hostVerifier: (key: Buffer): boolean => {
      progress.hostKeyShown();
      try {
        const accepted = verifyHostKey(address, key, trust);
        keyAccepted = true;
        progress.hostKeyAccepted(accepted);
        return true;
      } catch (error) {
        if (!(error instanceof PhaseError)) throw error;
        verdict = error;
        return false;
      }
    },
  };

  return new Promise((resolve, reject) => {
    const settle = (): void => {
      client.off('error', onError);
      client.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown): void => {
      settle();
      // Errors of a client that was given up have nobody to go to: the reason is already told.
      client.on('error', () => undefined);
      client.end();
      stream.destroy();
      reject(error);
    };
    const explain = (error: unknown): unknown => {
      if (failure) return failure.error;
      if (verdict) return verdict;
      if (!keyAccepted) return explainHandshake(address, error, greeting);
      if (walk.exhausted) return explainRefusal(user, address.host, walk, banner);
      walk.ended();
      return explainLoss(address, error, walk, banner);
    };
    const onError = (error: Error & { level?: string }): void => {
      // A key that an agent cannot sign with, or that fails to sign, is followed by the next attempt.
      if (error.level === 'agent' || (error.level === 'client-authentication' && !walk.exhausted)) return;
      fail(explain(error));
    };
    const onClose = (): void => fail(explain(new Error('the connection was closed')));
    const onAbort = (): void => fail(signal.reason);

    client.on('error', onError);
    client.on('close', onClose);
    client.on('banner', (text) => (banner = text.trim()));
    client.on('ready', () => {
      settle();
      // 'close' follows every error, and that is what the owner of the client listens to.
      client.on('error', () => undefined);
      walk.succeeded();
      progress.authenticated(walk.tried);
      resolve(client);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    client.connect(config);
    greeting.listen(stream);
    if (signal.aborted) onAbort();
  });
}

/** Asks for a key type we know first, so that a machine with several keys shows the one that can be checked. */
function preferredKeyTypes(address: Address, trust: HostKeyTrust): ServerHostKeyAlgorithm[] {
  const types = knownKeyTypes(trust.knownHosts, address.host, address.port);
  return types.flatMap((type): ServerHostKeyAlgorithm[] => {
    if (type === 'ssh-rsa') return ['rsa-sha2-512', 'rsa-sha2-256'];
    const known: ServerHostKeyAlgorithm[] = [
      'ssh-ed25519',
      'ecdsa-sha2-nistp256',
      'ecdsa-sha2-nistp384',
      'ecdsa-sha2-nistp521',
    ];
    return known.filter((candidate) => candidate === type);
  });
}

/** The first line a server sends, kept to tell an SSH server from anything else. */
class Greeting {
  #text = '';

  listen(stream: Duplex): void {
    const take = (chunk: Buffer): void => {
      this.#text += chunk.subarray(0, 256).toString('latin1');
      if (this.#text.includes('\n') || this.#text.length >= 256) stream.off('data', take);
    };
    stream.on('data', take);
  }

  get firstLine(): string {
    return (this.#text.split('\n')[0] ?? '').replace(/[^\x20-\x7e]/g, '').trim();
  }
}

function explainHandshake(address: Address, error: unknown, greeting: Greeting): PhaseError {
  const { host, port, role } = address;
  const line = greeting.firstLine;
  const said = messageOf(error);
  const failure = (reason: string, message: string, transient: boolean): PhaseError =>
    new PhaseError({ phase: 'Reachable', reason, message, output: line === '' ? said : line, transient, cause: error });
  if (line !== '' && !line.startsWith('SSH-')) {
    return failure(
      'NotSsh',
      `${host} port ${port} is not an SSH server: it answered "${line}". Check the port.`,
      false,
    );
  }
  if (line === '' && /timed out/i.test(said)) {
    return failure(
      'NoGreeting',
      `${host} port ${port} accepts connections but says nothing, as an SSH server would. Check the port; or ${role} is overloaded.`,
      true,
    );
  }
  if (line === '') {
    return failure(
      'ClosedAtOnce',
      `${host} port ${port} closed the connection before saying anything. It may not be an SSH server, or it refuses this computer for now (MaxStartups, fail2ban).`,
      true,
    );
  }
  if (/no matching/i.test(said)) {
    return failure(
      'NoCommonAlgorithm',
      `The SSH server of ${host} (${line}) and we have no algorithm in common: ${said}. Update its OpenSSH.`,
      false,
    );
  }
  return failure('HandshakeFailed', `The SSH connection to ${host} failed during the key exchange: ${said}.`, true);
}

function explainLoss(
  address: Address,
  error: unknown,
  walk: AuthenticationWalk,
  banner: string | undefined,
): PhaseError {
  const said = messageOf(error);
  const tooMany = /too many authentication failures/i.test(said);
  return new PhaseError({
    phase: 'Authenticated',
    reason: tooMany ? 'TooManyAttempts' : 'ConnectionLost',
    message: tooMany
      ? `${address.host} closed the connection after too many keys were tried. Name the right one in a Secret (spec.credentialRef), or raise MaxAuthTries in its sshd_config.`
      : `The connection to ${address.host} was lost while signing in: ${said}.`,
    output: banner ?? said,
    transient: !tooMany,
    facts: { authenticationTried: walk.tried },
    cause: error,
  });
}
