import ssh2, { type AnyAuthMethod, type AuthenticationType, type ParsedKey, type Prompt } from 'ssh2';
import { messageOf } from '../../../shared/api/errors.ts';
import { readPrivateKey, type Credentials } from './credentials.ts';
import { fingerprintOf } from './fingerprint.ts';

/** One way to sign in, or the reason why it cannot even be tried. */
export type Attempt =
  | { method: AuthenticationType; detail?: string; auth: AnyAuthMethod }
  | { method: AuthenticationType; detail: string; problem: KeyProblem };

export type KeyProblem = 'needs-passphrase' | 'wrong-passphrase' | 'unreadable' | 'agent-unavailable';

type AgentKey = ParsedKey | Buffer | string;

/** An SSH agent that offers a single key of another, so that each key's outcome is known. */
class OneKeyAgent extends ssh2.BaseAgent<AgentKey> {
  constructor(
    private readonly inner: ssh2.BaseAgent<AgentKey>,
    private readonly key: AgentKey,
  ) {
    super();
  }

  override getIdentities(callback: ssh2.IdentityCallback<AgentKey>): void {
    callback(undefined, [this.key]);
  }

  override sign(...args: unknown[]): void {
    Reflect.apply(this.inner.sign.bind(this.inner), undefined, args);
  }
}

/** Every way to sign in as `user`, in the order they are tried: key, agent keys, default keys, password, prompts. */
export async function listAttempts(user: string, credentials: Credentials): Promise<Attempt[]> {
  const attempts: Attempt[] = [{ method: 'none', auth: { type: 'none', username: user } }];
  if (credentials.privateKey !== undefined) {
    attempts.push(keyAttempt(user, credentials.privateKey, credentials.passphrase, 'key from the Secret'));
  }
  if (credentials.agentSocket !== undefined) attempts.push(...(await agentAttempts(user, credentials.agentSocket)));
  for (const { file, privateKey } of credentials.identities ?? []) {
    attempts.push(keyAttempt(user, privateKey, credentials.passphrase, file));
  }
  const { password } = credentials;
  if (password !== undefined) {
    attempts.push({ method: 'password', auth: { type: 'password', username: user, password } });
    attempts.push({ method: 'keyboard-interactive', auth: promptAttempt(user, password) });
  }
  return attempts;
}

function keyAttempt(user: string, text: string, passphrase: string | undefined, from: string): Attempt {
  const read = readPrivateKey(text, passphrase);
  switch (read.kind) {
    case 'key': {
      const detail = [read.fingerprint, read.comment, from].filter((part) => part !== '').join(' ');
      return { method: 'publickey', detail, auth: { type: 'publickey', username: user, key: read.key } };
    }
    case 'needs-passphrase':
      return { method: 'publickey', detail: `${from}: needs a passphrase, and none is given`, problem: read.kind };
    case 'wrong-passphrase':
      return { method: 'publickey', detail: `${from}: the passphrase does not open it`, problem: read.kind };
    case 'unreadable':
      return { method: 'publickey', detail: `${from}: cannot be read (${read.why})`, problem: read.kind };
  }
}

async function agentAttempts(user: string, socket: string): Promise<Attempt[]> {
  const agent = ssh2.createAgent(socket) as ssh2.BaseAgent<AgentKey>;
  try {
    const keys = await identitiesOf(agent);
    if (keys.length === 0) {
      return [{ method: 'agent', detail: 'the SSH agent holds no keys', problem: 'agent-unavailable' }];
    }
    return keys.map((key) => ({
      method: 'agent',
      detail: describeAgentKey(key),
      auth: { type: 'agent', username: user, agent: new OneKeyAgent(agent, key) },
    }));
  } catch (error) {
    const detail = `the SSH agent at ${socket} does not answer (${messageOf(error)})`;
    return [{ method: 'agent', detail, problem: 'agent-unavailable' }];
  }
}

function identitiesOf(agent: ssh2.BaseAgent<AgentKey>): Promise<AgentKey[]> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => (error ? reject(error) : resolve((keys ?? []) as AgentKey[])));
  });
}

function describeAgentKey(key: AgentKey): string {
  const parsed = ssh2.utils.parseKey(key);
  const one = Array.isArray(parsed) ? (parsed[0] as ParsedKey) : parsed;
  if (one instanceof Error) return 'key from the SSH agent';
  return [fingerprintOf(one.getPublicSSH()), one.comment, 'from the SSH agent'].filter((part) => part !== '').join(' ');
}

/** Answers the prompt for the password and nothing else: a second factor is not ours to guess. */
export function answersFor(prompts: readonly Prompt[], password: string): string[] {
  const only = prompts.length === 1 ? prompts[0] : undefined;
  return prompts.map((prompt) => {
    const asksPassword = /password/i.test(prompt.prompt) || (prompt === only && !prompt.echo);
    return asksPassword && !prompt.echo ? password : '';
  });
}

function promptAttempt(username: string, password: string): AnyAuthMethod {
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, _instructions, _language, prompts, finish) => finish(answersFor(prompts, password)),
  };
}
