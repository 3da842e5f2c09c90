import { spawn } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { readdir } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostContract } from '../host.contract.ts';
import { PhaseError } from '../phase-error.ts';
import { freePort, sshdMissing, TestSshd } from '../testing/sshd.ts';
import type { Tried } from './authenticate.ts';
import { connectSsh, type Hop } from './connect.ts';
import type { Credentials } from './credentials.ts';
import { parseKnownHosts } from './known-hosts.ts';
import type { SshHost } from './ssh-host.ts';

interface Outcome {
  host?: SshHost;
  error?: PhaseError;
  tried: Tried[];
  reached: string[];
}

/** Connects, and gives either the host or the failure. */
async function attempt(hop: Hop, options: { knownHosts?: string; jump?: Hop } = {}): Promise<Outcome> {
  const outcome: Outcome = { tried: [], reached: [] };
  const progress = {
    reached: (message: string) => void outcome.reached.push(message),
    hostKeyAccepted: () => undefined,
    authenticated: (tried: Tried[]) => (outcome.tried = tried),
  };
  try {
    outcome.host = await connectSsh(
      {
        machine: hop,
        knownHosts: parseKnownHosts(options.knownHosts ?? '', 'known_hosts'),
        ...(options.jump ? { jump: options.jump } : {}),
      },
      progress,
      new AbortController().signal,
    );
    await outcome.host.close();
  } catch (error) {
    if (!(error instanceof PhaseError)) throw error;
    outcome.error = error;
    outcome.tried = error.facts.authenticationTried ?? [];
  }
  return outcome;
}

describe.skipIf(sshdMissing)('connecting to a real sshd', () => {
  let sshd: TestSshd;
  let pinned: string;
  let key: string;
  beforeAll(async () => {
    sshd = await TestSshd.start();
    pinned = await sshd.hostFingerprint();
    key = await sshd.read('id');
  });
  afterAll(() => sshd.stop());

  const hop = (changes: Partial<Hop> = {}): Hop => ({
    host: '127.0.0.1',
    port: sshd.port,
    user: sshd.user,
    credentials: () => Promise.resolve({ privateKey: key }),
    hostKeySha256: pinned,
    ...changes,
  });
  const withCredentials = (credentials: Credentials): Hop => hop({ credentials: () => Promise.resolve(credentials) });

  test('signs in with a key, and tells which one it was', async () => {
    const { host, tried } = await attempt(hop());
    expect(host?.description).toBe(`${sshd.user}@127.0.0.1:${sshd.port}`);
    expect(tried).toEqual([
      {
        method: 'publickey',
        detail: expect.stringMatching(/^SHA256:\S+ test@laptop key from the Secret$/),
        outcome: 'accepted',
      },
    ]);
  });

  test('a wrong port is refused', async () => {
    const port = await freePort();
    const { error } = await attempt(hop({ port }));
    expect(error).toMatchObject({ phase: 'Reachable', reason: 'ConnectionRefused', transient: true });
    expect(error?.message).toContain(`nothing listens on port ${port}`);
  });

  test('a name that does not exist is told as such', async () => {
    const { error } = await attempt(hop({ host: 'no-such-machine.invalid' }));
    expect(error).toMatchObject({ phase: 'Reachable', reason: 'NameNotFound' });
  });

  test('a port where a web server answers is not an SSH server', async () => {
    const server = createHttpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { error } = await attempt(hop({ port: (server.address() as AddressInfo).port }));
    server.close();
    expect(error).toMatchObject({ phase: 'Reachable', reason: 'NotSsh', transient: false });
    expect(error?.message).toContain('it answered "HTTP/1.1 400 Bad Request"');
  });

  test('an unknown host key waits for consent, and nothing is sent', async () => {
    const { hostKeySha256: _none, ...unpinned } = hop();
    const { error, reached } = await attempt(unpinned);
    expect(reached).toEqual([expect.stringContaining('An SSH server answers')]);
    expect(error).toMatchObject({
      phase: 'HostKeyVerified',
      reason: 'AwaitingConsent',
      facts: { observedHostKeySha256: pinned },
    });
    expect(error?.message).toContain(pinned);
  });

  test('a key in known_hosts is trusted without asking', async () => {
    const { hostKeySha256: _none, ...unpinned } = hop();
    expect((await attempt(unpinned, { knownHosts: await sshd.knownHostsLine() })).error).toBeUndefined();
  });

  test('a key other than the one agreed to is refused with both fingerprints', async () => {
    const other = `SHA256:${'A'.repeat(43)}`;
    const { error } = await attempt(hop({ hostKeySha256: other }));
    expect(error).toMatchObject({ phase: 'HostKeyVerified', reason: 'HostKeyChanged', transient: false });
    expect(error?.message).toContain(pinned);
    expect(error?.message).toContain(other);
  });

  test('a wrong user or key is refused, with what was tried', async () => {
    const stranger = await sshd.read('stranger');
    const { error, tried } = await attempt(withCredentials({ privateKey: stranger, password: 'guess' }));
    expect(error).toMatchObject({ phase: 'Authenticated', reason: 'AuthenticationRefused', transient: false });
    expect(tried.map(({ method, outcome }) => `${method} ${outcome}`)).toEqual([
      'publickey refused',
      'password unavailable',
      'keyboard-interactive unavailable',
    ]);
    expect((await attempt(hop({ user: 'nobody-here' }))).error).toMatchObject({ reason: 'AuthenticationRefused' });
  });

  test('a wrong passphrase is told apart from a missing one and from a refused key', async () => {
    const locked = await sshd.read('locked');
    expect((await attempt(withCredentials({ privateKey: locked }))).error?.reason).toBe('PassphraseNeeded');
    const wrong = (await attempt(withCredentials({ privateKey: locked, passphrase: 'sesame' }))).error;
    expect(wrong?.reason).toBe('WrongPassphrase');
    expect(wrong?.message).not.toContain('open sesame');
    expect((await attempt(withCredentials({ privateKey: locked, passphrase: 'open sesame' }))).host).toBeDefined();
  });

  test('a file that is no key says so', async () => {
    const { error } = await attempt(withCredentials({ privateKey: 'not a key' }));
    expect(error?.reason).toBe('KeyUnreadable');
  });

  test('without anything to sign in with it says that', async () => {
    const { error } = await attempt(withCredentials({}));
    expect(error?.reason).toBe('NoCredentials');
  });

  test('tries the keys of an SSH agent one by one', async () => {
    const socket = join(sshd.dir, 'agent.sock');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(agent.stdout, 'data');
      for (const file of ['stranger', 'id']) {
        const add = spawn('ssh-add', [join(sshd.dir, file)], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
        expect((await once(add, 'exit'))[0]).toBe(0);
      }
      const { host, tried } = await attempt(withCredentials({ agentSocket: socket }));
      expect(host).toBeDefined();
      expect(tried.map(({ method, outcome }) => `${method} ${outcome}`)).toEqual(['agent refused', 'agent accepted']);
    } finally {
      agent.kill();
    }
    const { error, tried } = await attempt(withCredentials({ agentSocket: socket }));
    expect(tried).toMatchObject([{ method: 'agent', outcome: 'unavailable' }]);
    expect(error?.phase).toBe('Authenticated');
  });

  test('goes through a jump host, and says when the jump host is the problem', async () => {
    expect((await attempt(hop(), { jump: hop() })).host).toBeDefined();
    const { hostKeySha256: _none, ...unpinned } = hop();
    const unknown = (await attempt(hop(), { jump: unpinned })).error;
    expect(unknown).toMatchObject({ phase: 'HostKeyVerified', reason: 'AwaitingConsent', facts: {} });
    expect(unknown?.message).toContain('spec.jump.hostKeySha256');
    const port = await freePort();
    const beyond = (await attempt(hop({ port }), { jump: hop() })).error;
    expect(beyond).toMatchObject({ phase: 'Reachable', reason: 'UnreachableFromJumpHost' });
  });

  test('a host hears when sshd is gone', async () => {
    const own = await TestSshd.start();
    const target = hop({ port: own.port, hostKeySha256: await own.hostFingerprint() });
    const privateKey = await own.read('id');
    const host = await connectSsh(
      { machine: { ...target, credentials: () => Promise.resolve({ privateKey }) }, knownHosts: [] },
      { reached: () => undefined, hostKeyAccepted: () => undefined, authenticated: () => undefined },
      new AbortController().signal,
    );
    const closed = new Promise<Error>((resolve) => host.onDidClose(resolve));
    await own.stop();
    expect((await closed).message).not.toBe('');
    await expect(host.exec('true', { timeoutMs: 1000 })).rejects.toThrow('not connected to');
  });

  const connected = (): Promise<SshHost> =>
    connectSsh(
      { machine: hop(), knownHosts: [] },
      { reached: () => undefined, hostKeyAccepted: () => undefined, authenticated: () => undefined },
      new AbortController().signal,
    );

  hostContract('SshHost', connected);

  test('the end of an earlier connection, however late, does not take the way back of the next one away', async () => {
    const path = join(sshd.dir, 'back.sock');
    const earlier = await connected();
    await earlier.listen(path, (stream) => stream.end('earlier'));
    const next = await connected();
    await next.listen(path, (stream) => stream.end('next'));
    await earlier.close();
    // sshd removes a connection's sockets when it has noticed the end; only the next one's is left then.
    const sockets = (): Promise<string[]> =>
      readdir(sshd.dir).then((names) => names.filter((name) => name.startsWith('back.sock.')));
    await expect.poll(sockets).toHaveLength(1);
    expect(await text(connect(path))).toBe('next');
    await next.close();
  });
});

describe('signing in with a password', () => {
  /** An SSH server that takes one password, by the methods given. */
  async function passwordServer(methods: ('password' | 'keyboard-interactive')[], prompts: string[] = ['Password: ']) {
    const hostKey = ssh2.utils.generateKeyPairSync('ed25519').private;
    const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      client.on('error', () => client.end());
      client.on('authentication', (context) => {
        if (context.method === 'password' && methods.includes('password')) {
          return context.password === 'ops' ? context.accept() : context.reject(methods);
        }
        if (context.method === 'keyboard-interactive' && methods.includes('keyboard-interactive')) {
          return context.prompt(
            prompts.map((prompt) => ({ prompt, echo: false })),
            (answers) => (answers?.[0] === 'ops' && answers.length === 1 ? context.accept() : context.reject(methods)),
          );
        }
        context.reject(methods);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const parsed = ssh2.utils.parseKey(hostKey);
    if (parsed instanceof Error) throw parsed;
    return { server, port: (server.address() as AddressInfo).port };
  }

  async function signIn(port: number, password: string): Promise<Outcome> {
    const base = { host: '127.0.0.1', port, user: 'ops', credentials: () => Promise.resolve({ password }) };
    const { error } = await attempt(base);
    return attempt({ ...base, hostKeySha256: error?.facts.observedHostKeySha256 ?? '' });
  }

  test('uses the password method', async () => {
    const { server, port } = await passwordServer(['password']);
    expect((await signIn(port, 'ops')).tried).toEqual([{ method: 'password', outcome: 'accepted' }]);
    const { error } = await signIn(port, 'wrong-secret');
    expect(error?.reason).toBe('AuthenticationRefused');
    expect(error?.message).not.toContain('wrong-secret');
    server.close();
  });

  test('answers a keyboard-interactive prompt for the password', async () => {
    const { server, port } = await passwordServer(['keyboard-interactive']);
    expect((await signIn(port, 'ops')).tried).toEqual([
      { method: 'password', detail: 'the machine does not offer it', outcome: 'unavailable' },
      { method: 'keyboard-interactive', outcome: 'accepted' },
    ]);
    server.close();
  });

  test('does not give the password to other prompts', async () => {
    const { server, port } = await passwordServer(['keyboard-interactive'], ['Code: ', 'Token: ']);
    expect((await signIn(port, 'ops')).error?.reason).toBe('AuthenticationRefused');
    server.close();
  });
});
