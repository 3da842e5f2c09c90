// Builds single-layer container images without a container engine, as a `docker load` archive (agent-image.mjs) or as
// blobs for a registry (e2e/testbed). The layer stays uncompressed: on a LAN that is quicker than unpacking a gzip.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';

/** Bumped when the same inputs give different images, so that caches notice. */
const FORMAT = 1;

/**
 * The part of an image config that says how its containers run, in Docker's spelling (Env, Cmd, Entrypoint, ...).
 * @typedef {{
 *   Env?: string[], Entrypoint?: string[], Cmd?: string[], WorkingDir?: string, User?: string,
 *   ExposedPorts?: Record<string, object>, Labels?: Record<string, string>, StopSignal?: string,
 * }} RunConfig
 * @typedef {{ filesystem: import('./image-filesystem.mjs').ImageFilesystem, run: RunConfig, architecture?: 'amd64' | 'arm64' }} ImageSource
 * @typedef {{ digest: string, size: number }} Blob
 * @typedef {{ layerFile: string, layer: Blob, config: Blob, configJson: string }} BuiltImage
 */

/** This host's architecture in the words of image configs. @returns {'amd64' | 'arm64'} */
export function hostArchitecture() {
  if (process.arch === 'x64') return 'amd64';
  if (process.arch === 'arm64') return 'arm64';
  throw new Error(`Images can be built on x86-64 and arm64 only; this computer is ${process.arch}.`);
}

/**
 * Changes when the image would. Cheap: no large file is read.
 * @param {ImageSource} source
 */
export function sourceFingerprint({ filesystem, run, architecture = hostArchitecture() }) {
  const inputs = JSON.stringify([FORMAT, architecture, run, filesystem.fingerprint()]);
  return createHash('sha256').update(inputs).digest('hex');
}

/** @param {string | Buffer} content */
const blobOf = (content) => ({
  digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
  size: Buffer.byteLength(content),
});

/**
 * Builds an image into a folder (`layer.tar`, `image.json`), which is replaced as a whole.
 * @param {ImageSource} source
 * @param {string} folder
 * @returns {Promise<BuiltImage>}
 */
export async function buildImage({ filesystem, run, architecture = hostArchitecture() }, folder) {
  const scratch = `${folder}.${process.pid}.tmp`;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const hash = createHash('sha256');
  let size = 0;
  const measure = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const pack = tar.pack();
  await Promise.all([pipeline(pack, measure, createWriteStream(join(scratch, 'layer.tar'))), filesystem.writeTo(pack)]);
  const layer = { digest: `sha256:${hash.digest('hex')}`, size };
  // A fixed date keeps the id a function of the contents alone.
  const created = '1970-01-01T00:00:00Z';
  const configJson = JSON.stringify({
    architecture,
    os: 'linux',
    created,
    config: run,
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    history: [{ created, created_by: 'wheelhouse image-builder' }],
  });
  await writeFile(join(scratch, 'image.json'), JSON.stringify({ layer, configJson }));
  await rm(folder, { recursive: true, force: true });
  await rename(scratch, folder);
  return readImage(folder);
}

/**
 * What an earlier `buildImage` left in a folder. Rejects with ENOENT when there is none.
 * @param {string} folder
 * @returns {Promise<BuiltImage>}
 */
export async function readImage(folder) {
  const { layer, configJson } = JSON.parse(await readFile(join(folder, 'image.json'), 'utf8'));
  return { layerFile: join(folder, 'layer.tar'), layer, config: blobOf(configJson), configJson };
}

/**
 * Writes an archive that `docker load` takes.
 * @param {BuiltImage} image
 * @param {readonly string[]} tags
 * @param {string} file
 */
export async function writeDockerArchive(image, tags, file) {
  const layerName = `${image.layer.digest.slice('sha256:'.length)}/layer.tar`;
  const configName = `${image.config.digest.slice('sha256:'.length)}.json`;
  const manifest = JSON.stringify([{ Config: configName, RepoTags: tags, Layers: [layerName] }]);
  const pack = tar.pack();
  const scratch = `${file}.${process.pid}.tmp`;
  const fill = async () => {
    const mtime = new Date(0);
    pack.entry({ name: configName, mtime }, image.configJson);
    pack.entry({ name: 'manifest.json', mtime }, manifest);
    await pipeline(createReadStream(image.layerFile), pack.entry({ name: layerName, mtime, size: image.layer.size }));
    pack.finalize();
  };
  await Promise.all([pipeline(pack, createWriteStream(scratch)), fill()]);
  await rename(scratch, file);
}

/**
 * The manifest a registry stores for an image (OCI image manifest v1).
 * @param {BuiltImage} image
 * @returns {{ mediaType: string, json: string }}
 */
export function registryManifest(image) {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const json = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...image.config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...image.layer }],
  });
  return { mediaType, json };
}
