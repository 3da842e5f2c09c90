import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import tar from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, readImage, registryManifest, sourceFingerprint, writeDockerArchive } from './image-builder.mjs';
import { ImageFilesystem } from './image-filesystem.mjs';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-builder-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Names and contents of a tar's entries. */
async function entriesOf(file: string): Promise<Record<string, string>> {
  const entries: Record<string, string> = {};
  for await (const entry of createReadStream(file).pipe(tar.extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries[entry.header.name] = entry.header.linkname ?? Buffer.concat(chunks).toString();
  }
  return entries;
}

function source(content: string) {
  const filesystem = new ImageFilesystem();
  filesystem.addFile('/etc/motd', content);
  filesystem.addFile('/bin/tool', 'x', { mode: 0o755 });
  return { filesystem, architecture: 'amd64' as const, run: { Cmd: ['tool'] } };
}

const sha256 = (data: string | Buffer) => `sha256:${createHash('sha256').update(data).digest('hex')}`;

describe('an image', () => {
  test('holds its files under the merged /usr, with their parents', async () => {
    const image = await buildImage(source('hello'), join(folder, 'one'));
    const entries = await entriesOf(image.layerFile);
    expect(entries).toMatchObject({ 'etc/': '', 'etc/motd': 'hello', bin: 'usr/bin', 'usr/bin/tool': 'x' });
    expect(entries).not.toHaveProperty('bin/tool');
  });

  test('has the same ids when built again, and others when a file differs', async () => {
    const image = await buildImage(source('hello'), join(folder, 'two'));
    const again = await buildImage(source('hello'), join(folder, 'three'));
    const other = await buildImage(source('bye'), join(folder, 'four'));
    expect(again.config).toEqual(image.config);
    expect(other.config.digest).not.toBe(image.config.digest);
    expect(sourceFingerprint(source('hello'))).toBe(sourceFingerprint(source('hello')));
    expect(sourceFingerprint(source('bye'))).not.toBe(sourceFingerprint(source('hello')));
  });

  test('is described by digests of what it holds, also when read back', async () => {
    const built = await buildImage(source('hello'), join(folder, 'five'));
    const image = await readImage(join(folder, 'five'));
    expect(image).toEqual(built);
    expect(sha256(await readFile(image.layerFile))).toBe(image.layer.digest);
    expect(JSON.parse(image.configJson)).toMatchObject({
      architecture: 'amd64',
      rootfs: { diff_ids: [image.layer.digest] },
    });
    const manifest = JSON.parse(registryManifest(image).json);
    expect(manifest.config).toMatchObject({ digest: sha256(image.configJson), size: image.configJson.length });
  });

  test('becomes an archive whose manifest names its parts', async () => {
    const image = await buildImage(source('hello'), join(folder, 'six'));
    await writeDockerArchive(image, ['a/b:1'], join(folder, 'six.tar'));
    const entries = await entriesOf(join(folder, 'six.tar'));
    const [manifest] = JSON.parse(entries['manifest.json'] ?? '');
    expect(manifest.RepoTags).toEqual(['a/b:1']);
    expect(sha256(entries[manifest.Config] ?? '')).toBe(image.config.digest);
    expect(Object.keys(entries)).toContain(manifest.Layers[0]);
  });
});

describe('a program', () => {
  test.runIf(process.platform === 'linux')('brings the libraries it needs', () => {
    const filesystem = new ImageFilesystem();
    filesystem.addProgram('/bin/sh');
    const paths = filesystem.sorted().map(([path]) => path);
    expect(paths).toContain('/usr/bin/sh');
    expect(paths.some((path) => path.endsWith('/libc.so.6'))).toBe(true);
  });

  test('changes the fingerprint when the file changes', async () => {
    const file = join(folder, 'tool');
    const fingerprint = async (content: string) => {
      await writeFile(file, content);
      const filesystem = new ImageFilesystem();
      filesystem.addHostFile(file, '/usr/bin/tool');
      return filesystem.fingerprint();
    };
    expect(await fingerprint('longer now')).not.toBe(await fingerprint('short'));
  });
});
