import { createHash } from 'node:crypto';
import { gunzip, createGzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { StoredObject, StoredValue } from '../../store/storage.ts';
import { identityBundle, keysOf, type IdentityBundle } from '../identity.ts';
import { openWithPassphrase, sealWithPassphrase, WrongPassphraseError } from '../passphrase.ts';
import { isSecretKey } from '../sealer.ts';
import { SecretBox } from '../secret-box.ts';

/** Why a backup cannot be used, in a sentence. */
export class BackupError extends Error {}

/** Everything that one file carries: a cluster as of one revision. */
export interface Backup {
  /** ISO 8601. */
  createdAt: string;
  /** Of the Wheelhouse that made it. */
  version: string;
  revision: number;
  objects: readonly StoredObject[];
  identity: IdentityBundle;
}

const FORMAT = 'wheelhouse-backup';
const FORMAT_VERSION = 1;
const GZIP = Buffer.from([0x1f, 0x8b]);
/** An archive that unpacks to more than this is no backup of ours. */
const LARGEST = 2 ** 31 - 1;

/** The first line. Secrets among the objects are sealed with the identity's key, so the rest of the file holds none. */
const header = z.object({
  format: z.literal(FORMAT),
  formatVersion: z.number(),
  version: z.string(),
  createdAt: z.string(),
  clusterId: z.string(),
  revision: z.number().int().nonnegative(),
  objects: z.number().int().nonnegative(),
  identity: z.union([z.object({ sealed: z.base64() }), z.object({ plain: identityBundle })]),
});
const objectLine = z.object({
  key: z.string().startsWith('/'),
  createRevision: z.number().int().positive(),
  modRevision: z.number().int().positive(),
  value: z.record(z.string(), z.unknown()).optional(),
  sealed: z.base64().optional(),
});
/** The last line: of all bytes before it. */
const trailer = z.object({ sha256: z.string() });

/**
 * The file as a stream of compressed bytes: a line of JSON for the header, one for each object, one with the checksum.
 * With a passphrase the identity (private keys, the key of Secrets) is sealed; without, whoever has the file has the
 * cluster.
 */
export function encodeBackup(backup: Backup, passphrase: string | undefined): AsyncIterable<Buffer> {
  return Readable.from(linesOf(backup, passphrase)).pipe(createGzip());
}

function* linesOf(backup: Backup, passphrase: string | undefined): Generator<Buffer> {
  const { objects, identity, createdAt, version, revision } = backup;
  const hash = createHash('sha256');
  const line = (value: object): Buffer => {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    hash.update(bytes);
    return bytes;
  };
  const sealedIdentity = (): { sealed: string } | { plain: IdentityBundle } =>
    passphrase === undefined
      ? { plain: identity }
      : { sealed: sealWithPassphrase(passphrase, Buffer.from(JSON.stringify(identity))).toString('base64') };
  yield line({
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    version,
    createdAt,
    clusterId: identity.clusterId,
    revision,
    objects: objects.length,
    identity: sealedIdentity(),
  } satisfies z.infer<typeof header>);
  const box = new SecretBox(keysOf(identity));
  for (const { key, value, createRevision, modRevision } of objects) {
    const content = isSecretKey(key)
      ? { sealed: box.seal(key, Buffer.from(JSON.stringify(value))).toString('base64') }
      : { value };
    yield line({ key, createRevision, modRevision, ...content });
  }
  yield Buffer.from(`${JSON.stringify({ sha256: hash.digest('hex') })}\n`);
}

/** Reads a whole file and proves that it is whole. Throws BackupError. */
export async function decodeBackup(file: Buffer, passphrase: string | undefined): Promise<Backup> {
  const bytes = await unpack(file);
  const lines = bytes.toString('utf8').trimEnd().split('\n');
  const head = parse(header.partial({ identity: true }), lines[0], 'it is not a Wheelhouse backup');
  if (head.formatVersion !== FORMAT_VERSION)
    throw new BackupError(`it has format ${head.formatVersion}; this version reads ${FORMAT_VERSION}`);
  const last = lines.at(-1) ?? '';
  const end = parse(trailer, last, 'it is cut short');
  const body = bytes.subarray(0, bytes.lastIndexOf(last));
  if (createHash('sha256').update(body).digest('hex') !== end.sha256 || lines.length !== head.objects + 2)
    throw new BackupError('it is damaged: its checksum does not fit');
  const { identity: kept } = parse(header, lines[0], 'it is damaged: its header cannot be read');
  const identity = 'plain' in kept ? kept.plain : openIdentity(kept.sealed, passphrase);
  const box = new SecretBox(keysOf(identity));
  const objects = lines.slice(1, -1).map((line) => objectOf(line, box));
  const { createdAt, version, revision } = head;
  return { createdAt, version, revision, objects, identity };
}

async function unpack(file: Buffer): Promise<Buffer> {
  if (!file.subarray(0, GZIP.length).equals(GZIP)) throw new BackupError('it is not a Wheelhouse backup');
  return new Promise((resolve, reject) => {
    gunzip(file, { maxOutputLength: LARGEST }, (error, bytes) => {
      if (error === null) return resolve(bytes);
      const { code, message } = error as NodeJS.ErrnoException;
      reject(new BackupError(code === 'Z_BUF_ERROR' ? 'it is cut short' : `it is damaged: ${message}`));
    });
  });
}

function openIdentity(sealed: string, passphrase: string | undefined): IdentityBundle {
  if (passphrase === undefined)
    throw new BackupError('it was made with a passphrase; name its file with --passphrase-file');
  try {
    return identityBundle.parse(JSON.parse(openWithPassphrase(passphrase, Buffer.from(sealed, 'base64')).toString()));
  } catch (error) {
    if (error instanceof WrongPassphraseError) throw new BackupError('it was made with another passphrase');
    throw error;
  }
}

function objectOf(line: string, box: SecretBox): StoredObject {
  const { key, createRevision, modRevision, value, sealed } = parse(
    objectLine,
    line,
    'it is damaged: an object cannot be read',
  );
  const content =
    sealed === undefined ? value : (JSON.parse(box.open(key, Buffer.from(sealed, 'base64')).toString()) as StoredValue);
  if (!content) throw new BackupError(`it is damaged: ${key} has no value`);
  return { key, createRevision, modRevision, value: content };
}

function parse<T>(schema: z.ZodType<T>, text: string | undefined, complaint: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    throw new BackupError(complaint);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new BackupError(complaint);
  return parsed.data;
}
