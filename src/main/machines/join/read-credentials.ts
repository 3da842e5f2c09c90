import { readFile } from 'node:fs/promises';
import { isNotFound } from '../../../shared/api/errors.ts';
import { SECRETS } from '../../../shared/api/kinds.ts';
import { SSH_SECRET_TYPE, type SecretReference } from '../../../shared/api/machine.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import { PhaseError } from '../phase-error.ts';
import type { Credentials } from '../ssh/credentials.ts';

/** What is tried where no Secret is named. */
export interface DefaultCredentials {
  sshAgentSocket?: string;
  defaultIdentityFiles: string[];
}

/** The credentials of one hop: of its Secret and nothing else, or of this computer's SSH agent and default keys. */
export async function readCredentials(
  client: ApiClient,
  reference: SecretReference | undefined,
  defaults: DefaultCredentials,
): Promise<Credentials> {
  if (reference) return fromSecret(client, reference);
  const identities: { file: string; privateKey: string }[] = [];
  for (const file of defaults.defaultIdentityFiles) {
    try {
      identities.push({ file, privateKey: await readFile(file, 'utf8') });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return { ...(defaults.sshAgentSocket ? { agentSocket: defaults.sshAgentSocket } : {}), identities };
}

async function fromSecret(client: ApiClient, { namespace, name }: SecretReference): Promise<Credentials> {
  const problem = (reason: string, message: string): PhaseError =>
    new PhaseError({ phase: 'Authenticated', reason, message });
  const secret = await client.get(SECRETS, name, namespace).catch((error: unknown) => {
    if (isNotFound(error)) {
      throw problem(
        'SecretMissing',
        `The Secret ${namespace}/${name} with the credentials does not exist. Create it, or correct spec.credentialRef.`,
      );
    }
    throw error;
  });
  if (secret.type !== SSH_SECRET_TYPE) {
    throw problem(
      'SecretOfWrongType',
      `The Secret ${namespace}/${name} has type ${secret.type ?? 'Opaque'}; ${SSH_SECRET_TYPE} is needed.`,
    );
  }
  const value = (key: string): string | undefined => {
    const encoded = secret.data?.[key];
    return encoded ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
  };
  const privateKey = value('privateKey');
  const passphrase = value('passphrase');
  const password = value('password');
  if (privateKey === undefined && password === undefined) {
    throw problem('SecretEmpty', `The Secret ${namespace}/${name} has neither \`privateKey\` nor \`password\`.`);
  }
  return {
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(password === undefined ? {} : { password }),
  };
}
