// Backup, restore and key rotation as a user does them: by the commands of `serve`, on a control plane that runs and on
// one that does not.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Api } from '../harness/api.ts';
import { ENTRY, ServeProcess } from '../harness/serve-process.ts';
import { until } from '../testbed/wait.ts';

const run = promisify(execFile);
const SECRETS = '/api/v1/namespaces/default/secrets';

/** Runs a command of `serve`; rejects with what it said when it fails. */
async function command(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [ENTRY, ...args]);
  return stdout;
}

const secret = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  data: { word: Buffer.from(`of ${name}`).toString('base64') },
});

async function wordOf(api: Api, name: string): Promise<string> {
  const { data } = await api.get<{ data: { word: string } }>(`${SECRETS}/${name}`);
  return Buffer.from(data.word, 'base64').toString();
}

describe('the commands of serve', () => {
  let dir: string;
  let serve: ServeProcess;
  let api: Api;
  const others: ServeProcess[] = [];
  const path = (name: string): string => join(dir, name);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wheelhouse-commands-'));
    await writeFile(path('passphrase'), 'correct horse battery\n', { mode: 0o600 });
    serve = await ServeProcess.start({ dataDir: path('data'), simulate: 2 });
    api = new Api(serve.kubeconfig);
    for (const name of ['one', 'two']) expect((await api.request('POST', SECRETS, secret(name))).status).toBe(201);
  });
  afterAll(async () => {
    api.close();
    for (const each of [serve, ...others]) await each.kill();
    await rm(dir, { recursive: true, force: true });
  });

  test('back a running cluster up, and make it anew elsewhere with the same credentials', async () => {
    expect(await command('backup', path('plain'), '--data-dir', path('data'))).toContain(
      'private keys of the cluster unprotected',
    );
    const said = await command(
      'backup',
      path('sealed'),
      '--data-dir',
      path('data'),
      '--passphrase-file',
      path('passphrase'),
    );
    expect(said).toContain('cannot be restored without the passphrase');
    expect((await api.request('POST', SECRETS, secret('later'))).status).toBe(201);
    const seen = Number((await api.get<{ metadata: { resourceVersion: string } }>(SECRETS)).metadata.resourceVersion);

    await expect(command('restore', path('sealed'), '--data-dir', path('copy'))).rejects.toThrow(
      'made with a passphrase',
    );
    await command('restore', path('sealed'), '--data-dir', path('copy'), '--passphrase-file', path('passphrase'));
    const copy = await ServeProcess.start({ dataDir: path('copy') });
    others.push(copy);
    const restored = new Api(copy.kubeconfig);
    expect(await wordOf(restored, 'one')).toBe('of one');
    expect((await restored.request('GET', `${SECRETS}/later`)).status).toBe(404);
    const list = await restored.get<{ metadata: { resourceVersion: string } }>(SECRETS);
    expect(Number(list.metadata.resourceVersion)).toBeGreaterThan(seen);
    const watch = await restored.request('GET', `${SECRETS}?watch=true&resourceVersion=${seen}`);
    expect(watch.body).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect(await readFile(join(path('copy'), 'pki/ca.crt'))).toEqual(await readFile(join(path('data'), 'pki/ca.crt')));
    // Its controllers are at work on what was restored.
    await until('the restored simulated nodes to be ready', async () => {
      const { items } = await restored.get<{ items: { status: { conditions: { type: string; status: string }[] } }[] }>(
        '/api/v1/nodes',
      );
      return (
        items.length === 2 &&
        items.every(({ status }) => status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'))
      );
    });
    restored.close();
  });

  test('refuse to restore over the running cluster', async () => {
    await command('backup', path('again'), '--data-dir', path('data'));
    await expect(command('restore', path('again'), '--data-dir', path('data'))).rejects.toThrow('is not empty');
    await expect(command('restore', path('again'), '--data-dir', path('data'), '--force')).rejects.toThrow(
      'in use by process',
    );
    expect(await wordOf(api, 'two')).toBe('of two');
  });

  test('change the key of Secrets under a running cluster, which then survives a kill -9', async () => {
    const before = await readFile(join(path('data'), 'secrets.key'));
    expect(await command('rotate-secrets-key', '--data-dir', path('data'))).toContain('sealed with a new key');
    expect((await readFile(join(path('data'), 'secrets.key'))).equals(before)).toBe(false);
    expect((await api.request('POST', SECRETS, secret('three'))).status).toBe(201);
    await serve.kill();
    await command('rotate-secrets-key', '--data-dir', path('data'));
    serve = await serve.restart();
    api.close();
    api = new Api(serve.kubeconfig);
    for (const name of ['one', 'two', 'three']) expect(await wordOf(api, name)).toBe(`of ${name}`);
  });

  test('keep events in a history that outlives them', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'seen' },
      spec: { containers: [{ name: 'main', image: 'nginx' }] },
    };
    expect((await api.request('POST', '/api/v1/namespaces/default/pods', pod)).status).toBe(201);
    const events = '/api/v1/namespaces/default/events';
    const history = '/wheelhouse/v1/event-history?namespace=default&kind=Pod&name=seen';
    const reasons = async (): Promise<string[]> =>
      (await api.get<{ items: { reason: string }[] }>(history)).items.map(({ reason }) => reason);
    await until('the pod to be scheduled', async () => (await reasons()).includes('Scheduled'));
    await api.request('DELETE', events);
    expect(await reasons()).toContain('Scheduled');
    expect((await api.request('GET', `${history}&since=noon`)).status).toBe(400);
  });

  test('say in a sentence what is wrong', async () => {
    await expect(command('backup', path('x'), '--data-dir', path('nowhere'))).rejects.toThrow(
      'there is no such directory',
    );
    await expect(command('restore', path('x'))).rejects.toThrow('restore needs --data-dir DIR');
    await expect(command('backup')).rejects.toThrow('backup takes one file');
    await expect(command('rotate-secrets-key', '--colour')).rejects.toThrow("Unknown option '--colour'");
  });
});
