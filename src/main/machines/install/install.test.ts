import { extract } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { agentContainer, isCurrent } from './agent-container.ts';
import { agentConfig, agentFiles } from './agent-files.ts';
import { archiveOf } from './archive.ts';
import { errorIn } from './images.ts';

const settings = {
  nodeName: 'wh-1',
  clusterId: 'c',
  apiServerName: 'kubernetes',
  uid: 1000,
  pauseImage: 'pause:1',
  version: 'v',
  clusterNetwork: { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', backend: 'vxlan' as const },
  spec: { host: 'x', labels: { zone: 'a' } },
};

describe('installing the agent', () => {
  test('puts secrets where only root can read them, and the sockets where sshd can bind them', async () => {
    const files = agentFiles(agentConfig(settings), Buffer.from('code'), { key: 'k', certificate: 'c', ca: 'a' });
    const unpacked = extract();
    unpacked.end(await archiveOf(files, new Date(0)));
    const seen: string[] = [];
    for await (const entry of unpacked) {
      const { name, mode, uid, type } = entry.header;
      seen.push(`${type} ${name} ${mode?.toString(8)} ${uid}`);
      entry.resume();
    }
    expect(seen).toEqual([
      'directory agent 700 0',
      'directory state 700 0',
      'directory run 700 1000',
      'file agent/agent.cjs 600 0',
      'file agent/config.json 600 0',
      'file agent/client.key 600 0',
      'file agent/client.crt 600 0',
      'file agent/ca.crt 600 0',
    ]);
  });

  test('makes the container anew only for another image, bundle or configuration', () => {
    const made = (changes: object = {}, mountShared = true) =>
      agentContainer({ image: 'agent:1', config: { ...agentConfig(settings), ...changes }, mountShared });
    const labels = made().Labels;
    expect(isCurrent(labels, made())).toBe(true);
    expect(isCurrent(labels, made({ version: 'w' }))).toBe(false);
    expect(isCurrent(labels, made({ labels: { zone: 'b' } }))).toBe(false);
    expect(isCurrent(labels, made({}, false))).toBe(false);
    expect(isCurrent(undefined, made())).toBe(false);
  });

  test('tells the agent of the consent to live-restore, and of none by saying nothing', () => {
    const agreed = agentConfig({ ...settings, spec: { ...settings.spec, docker: { liveRestore: true } } });
    expect(agreed.liveRestore).toBe(true);
    expect(agentConfig(settings)).not.toHaveProperty('liveRestore');
  });

  test('does not ask for a shared mount where the machine has none', () => {
    const config = agentConfig(settings);
    const binds = (mountShared: boolean) => agentContainer({ image: 'i', config, mountShared }).HostConfig?.Binds?.[0];
    expect(binds(true)).toBe('/var/lib/wheelhouse:/var/lib/wheelhouse:rshared');
    expect(binds(false)).toBe('/var/lib/wheelhouse:/var/lib/wheelhouse');
  });

  test('finds the error that Docker hides in a stream of progress', () => {
    const progress = '{"status":"Loading layer"}\r\nLoaded image\r\n';
    expect(errorIn(progress)).toBeUndefined();
    expect(errorIn(`${progress}{"errorDetail":{"message":"no space left on device"},"error":"x"}\r\n`)).toBe(
      'no space left on device',
    );
  });
});
