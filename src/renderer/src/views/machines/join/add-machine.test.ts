import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError, forbidden } from '../../../../../shared/api/errors.ts';
import { MACHINES, SECRETS, type Secret } from '../../../../../shared/api/kinds.ts';
import { ApiClient } from '../../../../../shared/client/api-client.ts';
import { MemoryApi } from '../../../../../shared/testing/memory-api.ts';
import { addMachine, changeConnection } from './add-machine.ts';

let memory: MemoryApi;
let api: ApiClient;
beforeEach(() => {
  memory = new MemoryApi();
  api = new ApiClient(memory, 'test');
});

const secrets = async (): Promise<Secret[]> => (await api.list(SECRETS, { namespace: 'kube-system' })).items;

describe('adding a machine', () => {
  test('with a key writes a Secret that the Machine owns and refers to', async () => {
    const target = { host: 'h', user: 'me', port: 2222, jump: { host: 'gate' } };
    const machine = await addMachine(api, 'wh-1', target, { kind: 'key', privateKey: ' KEY ', passphrase: 'p' });
    const [secret] = await secrets();
    expect(secret).toMatchObject({
      type: 'wheelhouse.dev/ssh',
      stringData: { privateKey: 'KEY\n', passphrase: 'p' },
      metadata: { ownerReferences: [{ kind: 'Machine', name: 'wh-1', uid: machine.metadata?.uid }] },
    });
    const credentialRef = { namespace: 'kube-system', name: secret?.metadata?.name };
    expect(machine.spec).toEqual({
      host: 'h',
      port: 2222,
      user: 'me',
      credentialRef,
      jump: { host: 'gate', user: 'root', credentialRef },
    });
  });

  test('with the keys of this computer writes no Secret', async () => {
    const machine = await addMachine(api, 'wh-1', { host: 'h' }, { kind: 'default' });
    expect(machine.spec).toEqual({ host: 'h', user: 'root' });
    expect(await secrets()).toEqual([]);
  });

  test('writes down what may be changed in its Docker, where that was agreed to', async () => {
    const machine = await addMachine(api, 'wh-1', { host: 'h' }, { kind: 'default' }, { liveRestore: true });
    expect(machine.spec?.docker).toEqual({ liveRestore: true });
    const other = await addMachine(api, 'wh-2', { host: 'i' }, { kind: 'default' }, { liveRestore: false });
    expect(other.spec).not.toHaveProperty('docker');
  });

  test('leaves no Secret behind when the Machine is refused', async () => {
    await addMachine(api, 'wh-1', { host: 'h' }, { kind: 'default' });
    const again = addMachine(api, 'wh-1', { host: 'h' }, { kind: 'password', password: 'x' });
    await expect(again).rejects.toMatchObject({ reason: 'AlreadyExists' });
    expect(await secrets()).toEqual([]);
  });

  test('names the Secret that could not be taken away again', async () => {
    await addMachine(api, 'wh-1', { host: 'h' }, { kind: 'default' });
    memory.intercept = ({ method }) => {
      if (method === 'DELETE') throw forbidden({ group: '', plural: 'secrets' }, 'x', 'no');
    };
    const again = addMachine(api, 'wh-1', { host: 'h' }, { kind: 'password', password: 'x' });
    await expect(again).rejects.toThrow(/already exists.*kube-system\/wh-1-ssh-\d+ is left over/);
  });
});

describe('changing the connection', () => {
  test('forgets the agreed key with another address, and keeps it with another user', async () => {
    await addMachine(api, 'wh-1', { host: 'h' }, { kind: 'default' });
    await api.patch(MACHINES, { name: 'wh-1' }, { spec: { hostKeySha256: 'SHA256:a' } });
    const read = async (): ReturnType<typeof api.get<typeof machine>> => api.get(MACHINES, 'wh-1');
    const machine = await api.get(MACHINES, 'wh-1');
    await changeConnection(api, machine, { host: 'h', user: 'me' }, undefined);
    expect((await read()).spec).toMatchObject({ user: 'me', hostKeySha256: 'SHA256:a' });
    await changeConnection(api, await read(), { host: 'h', user: 'me', port: 2222 }, undefined);
    expect((await read()).spec).toEqual({ host: 'h', port: 2222, user: 'me' });
  });

  test('replaces the credential and deletes the one it owned', async () => {
    const machine = await addMachine(api, 'wh-1', { host: 'h' }, { kind: 'password', password: 'old' });
    await changeConnection(api, machine, { host: 'h' }, { kind: 'password', password: 'new' });
    const [secret, ...rest] = await secrets();
    expect(rest).toEqual([]);
    expect(secret?.stringData).toEqual({ password: 'new' });
    expect((await api.get(MACHINES, 'wh-1')).spec?.credentialRef?.name).toBe(secret?.metadata?.name);
  });

  test('keeps a Secret that someone else made', async () => {
    await api.create(SECRETS, { metadata: { name: 'mine', namespace: 'team' } });
    const spec = { host: 'h', credentialRef: { namespace: 'team', name: 'mine' } };
    const machine = await api.create(MACHINES, { metadata: { name: 'wh-1' }, spec });
    await changeConnection(api, machine, { host: 'h' }, { kind: 'default' });
    expect(await api.get(SECRETS, 'mine', 'team')).toBeDefined();
    expect((await api.get(MACHINES, 'wh-1')).spec).not.toHaveProperty('credentialRef');
  });

  test('takes the new credential away again when the change is refused', async () => {
    const machine = await addMachine(api, 'wh-1', { host: 'h' }, { kind: 'default' });
    memory.intercept = ({ method }) => {
      if (method === 'PATCH') throw new ApiError(422, 'Invalid', 'no');
    };
    const change = changeConnection(api, machine, { host: 'h' }, { kind: 'password', password: 'new' });
    await expect(change).rejects.toThrow('no');
    memory.intercept = undefined;
    expect(await secrets()).toEqual([]);
  });
});
