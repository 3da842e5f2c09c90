import { crc32 } from 'node:zlib';

/**
 * The one on-disk format, of journal segments and snapshots alike: a run of records, each
 * `magic u32 | payload length u32 | CRC32 of the payload u32 | payload`, little-endian. The payload is a fixed head
 * (kind, flags, group, revision, createRevision, key length) and then the key and the value's JSON text.
 *
 * A group is what one fsync made durable. Its last record says so, which is how recovery tells a torn tail (an
 * unacknowledged group cut short: dropped) from damage (something acknowledged is unreadable: reported).
 */
export const RecordKind = {
  put: 1,
  delete: 2,
  /** Revisions up to `revision` may have been shown to readers without a record (coalesced writes). */
  reserve: 3,
  /** The store was closed in order at exactly `revision`: what was reserved beyond it was never used. */
  clean: 4,
  /** The segment is complete; another follows. */
  seal: 5,
  /** First record of a snapshot; the text is its JSON header. */
  snapshotHead: 6,
  /** Last record of a snapshot; `revision` holds the number of put records before it. */
  snapshotEnd: 7,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

export interface RecordInput {
  kind: RecordKind;
  revision: number;
  createRevision?: number;
  key?: string;
  /** JSON text, or the bytes of it as read earlier. */
  text?: string | Buffer;
  /** `text` is encrypted. */
  sealed?: boolean;
}

export interface StoredRecord {
  kind: RecordKind;
  group: number;
  endsGroup: boolean;
  revision: number;
  createRevision: number;
  key: string;
  /** `text` is encrypted. */
  sealed: boolean;
  /** A view of the bytes that were scanned: copied by nobody, parsed only when asked for. */
  text: Buffer;
}

const MAGIC = 0x314b4857; // "WHK1"
const MAGIC_BYTES = Buffer.from('WHK1', 'latin1');
const HEADER = 12;
const HEAD = 28;
/** More than any object the API server lets in (3 MiB), so that a damaged length is recognised. */
const MAX_PAYLOAD = 64 * 1024 * 1024;
const ENDS_GROUP = 1;
const SEALED = 2;

/** Encodes records as one group. */
export function encodeGroup(records: readonly RecordInput[], group: number): Buffer {
  const sizes = records.map((record) => payloadSize(record));
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + HEADER + size, 0));
  let at = 0;
  records.forEach((record, index) => {
    const size = sizes[index] ?? 0;
    const payload = bytes.subarray(at + HEADER, at + HEADER + size);
    writePayload(payload, record, group, index === records.length - 1);
    bytes.writeUInt32LE(MAGIC, at);
    bytes.writeUInt32LE(size, at + 4);
    bytes.writeUInt32LE(crc32(payload), at + 8);
    at += HEADER + size;
  });
  return bytes;
}

function payloadSize(record: RecordInput): number {
  const { key = '', text = '' } = record;
  return HEAD + Buffer.byteLength(key) + (typeof text === 'string' ? Buffer.byteLength(text) : text.length);
}

function writePayload(payload: Buffer, record: RecordInput, group: number, endsGroup: boolean): void {
  const { key = '', text = '' } = record;
  payload.writeUInt8(record.kind, 0);
  payload.writeUInt8((endsGroup ? ENDS_GROUP : 0) | (record.sealed ? SEALED : 0), 1);
  payload.writeDoubleLE(group, 2);
  payload.writeDoubleLE(record.revision, 10);
  payload.writeDoubleLE(record.createRevision ?? 0, 18);
  const keyLength = payload.write(key, HEAD, 'utf8');
  payload.writeUInt16LE(keyLength, 26);
  if (typeof text === 'string') payload.write(text, HEAD + keyLength, 'utf8');
  else text.copy(payload, HEAD + keyLength);
}

/** One valid record and where the next would begin, or undefined when the bytes at `at` are not one. */
export function readRecord(bytes: Buffer, at: number): { record: StoredRecord; next: number } | undefined {
  if (at + HEADER > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return undefined;
  const size = bytes.readUInt32LE(at + 4);
  const next = at + HEADER + size;
  if (size < HEAD || size > MAX_PAYLOAD || next > bytes.length) return undefined;
  const payload = bytes.subarray(at + HEADER, next);
  if (crc32(payload) !== bytes.readUInt32LE(at + 8)) return undefined;
  const keyEnd = HEAD + payload.readUInt16LE(26);
  return {
    record: {
      kind: payload.readUInt8(0) as RecordKind,
      endsGroup: (payload.readUInt8(1) & ENDS_GROUP) !== 0,
      sealed: (payload.readUInt8(1) & SEALED) !== 0,
      group: payload.readDoubleLE(2),
      revision: payload.readDoubleLE(10),
      createRevision: payload.readDoubleLE(18),
      key: payload.toString('utf8', HEAD, keyEnd),
      text: payload.subarray(keyEnd),
    },
    next,
  };
}

/** Where the next valid record begins at or after `at`; undefined when there is none. */
export function findRecord(bytes: Buffer, at: number): number | undefined {
  for (let found = bytes.indexOf(MAGIC_BYTES, at); found >= 0; found = bytes.indexOf(MAGIC_BYTES, found + 1)) {
    if (readRecord(bytes, found)) return found;
  }
  return undefined;
}
