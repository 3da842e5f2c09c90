import { messageOf } from '../../../../../shared/api/errors.ts';
import { apiVersionOf, MACHINES, SECRETS } from '../../../../../shared/api/kinds.ts';
import {
  SSH_SECRET_TYPE,
  type DockerConsent,
  type JumpHost,
  type Machine,
  type MachineSpec,
  type SecretReference,
} from '../../../../../shared/api/machine.ts';
import { nameOf } from '../../../../../shared/api/meta.ts';
import type { ApiClient } from '../../../../../shared/client/api-client.ts';
import type { SshTarget } from './ssh-target.ts';

/** What to sign in with. `default` is the SSH agent and the default keys of the computer that Wheelhouse runs on. */
export type Credential =
  | { kind: 'default' }
  | { kind: 'key'; privateKey: string; passphrase: string }
  | { kind: 'password'; password: string };

/** Where the Secrets of machines live: with the rest of what the cluster itself needs. */
const SECRET_NAMESPACE = 'kube-system';

/** A Machine for a target, as the API wants it. */
export function machineOf(
  name: string,
  target: SshTarget,
  credentialRef: SecretReference | undefined,
  consent: DockerConsent = {},
): Machine {
  const reference = credentialRef ? { credentialRef } : {};
  const jump: JumpHost | undefined = target.jump && {
    host: target.jump.host,
    user: target.jump.user ?? 'root',
    ...(target.jump.port ? { port: target.jump.port } : {}),
    ...reference,
  };
  const spec: MachineSpec = {
    host: target.host,
    ...(target.port ? { port: target.port } : {}),
    user: target.user ?? 'root',
    ...reference,
    ...(jump ? { jump } : {}),
    ...(consent.liveRestore ? { docker: { liveRestore: true } } : {}),
  };
  return { apiVersion: apiVersionOf(MACHINES), kind: MACHINES.kind, metadata: { name }, spec };
}

/** Stores a credential; nothing for the default one. Every Secret is used by one Machine, which then owns it. */
async function storeCredential(
  api: ApiClient,
  machine: string,
  credential: Credential,
): Promise<SecretReference | undefined> {
  if (credential.kind === 'default') return undefined;
  const secret = await api.create(SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { generateName: `${machine}-ssh-`, namespace: SECRET_NAMESPACE },
    type: SSH_SECRET_TYPE,
    stringData:
      credential.kind === 'password'
        ? { password: credential.password }
        : {
            // A key without a line end after its last line is one that OpenSSH itself would not read.
            privateKey: `${credential.privateKey.trim()}\n`,
            ...(credential.passphrase ? { passphrase: credential.passphrase } : {}),
          },
  });
  return { namespace: SECRET_NAMESPACE, name: nameOf(secret) };
}

/** Ties the Secret to the Machine: the garbage collector deletes it when the Machine is gone. */
async function own(api: ApiClient, machine: Machine, { name, namespace }: SecretReference): Promise<void> {
  const owner = {
    apiVersion: apiVersionOf(MACHINES),
    kind: MACHINES.kind,
    name: nameOf(machine),
    uid: machine.metadata?.uid ?? '',
  };
  await api.patch(SECRETS, { name, namespace }, { metadata: { ownerReferences: [owner] } });
}

/** Takes a Secret away again after what it was made for failed, and rejects with that failure. */
async function withdraw(api: ApiClient, reference: SecretReference | undefined, failure: unknown): Promise<never> {
  if (reference)
    try {
      await api.delete(SECRETS, reference);
    } catch (problem) {
      const left = `The Secret ${reference.namespace}/${reference.name} is left over: ${messageOf(problem)}`;
      throw new Error(`${messageOf(failure)}. ${left}`, { cause: problem });
    }
  throw failure;
}

/** Writes the Secret and the Machine; from then on the machine controller joins it. On failure nothing stays. */
export async function addMachine(
  api: ApiClient,
  name: string,
  target: SshTarget,
  credential: Credential,
  consent: DockerConsent = {},
): Promise<Machine> {
  const reference = await storeCredential(api, name, credential);
  let machine: Machine;
  try {
    machine = await api.create(MACHINES, machineOf(name, target, reference, consent));
  } catch (error) {
    return withdraw(api, reference, error);
  }
  if (reference) await own(api, machine, reference);
  return machine;
}

/**
 * Changes how a machine is reached or signed in to; the controller then tries again. Another address is another
 * machine: the agreement to the old one's key does not go with it. Without a credential the one of before stays.
 */
export async function changeConnection(
  api: ApiClient,
  machine: Machine,
  target: Pick<SshTarget, 'host' | 'port' | 'user'>,
  credential: Credential | undefined,
): Promise<void> {
  const name = nameOf(machine);
  const { spec } = machine;
  const port = target.port ?? 22;
  const moved = spec?.host !== target.host || (spec.port ?? 22) !== port;
  const before = spec?.credentialRef;
  const reference = credential && (await storeCredential(api, name, credential));
  const credentialRef = credential ? { credentialRef: reference ?? null } : {};
  const change = {
    host: target.host,
    port,
    user: target.user ?? 'root',
    ...(moved ? { hostKeySha256: null } : {}),
    ...credentialRef,
    ...(credential && spec?.jump ? { jump: credentialRef } : {}),
  };
  try {
    await api.patch(MACHINES, { name }, { spec: change });
  } catch (error) {
    return withdraw(api, reference, error);
  }
  if (reference) await own(api, machine, reference);
  if (credential && before && (await isOwnedBy(api, before, machine))) await api.delete(SECRETS, before);
}

/** A Secret that someone made by hand, perhaps for several machines, is theirs to delete. */
async function isOwnedBy(api: ApiClient, { name, namespace }: SecretReference, machine: Machine): Promise<boolean> {
  const secret = await api.get(SECRETS, name, namespace);
  return secret.metadata?.ownerReferences?.some((owner) => owner.uid === machine.metadata?.uid) ?? false;
}
