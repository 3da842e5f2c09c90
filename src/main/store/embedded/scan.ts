import { findRecord, readRecord, type StoredRecord } from './record.ts';

/** A stretch of bytes that is no record although acknowledged records stood there. */
export interface Damage {
  file: string;
  offset: number;
  bytes: number;
  /** The revisions read just before and just after: what is lost lies between them. */
  afterRevision: number;
  beforeRevision?: number;
  reason: string;
}

export interface Scan {
  records: StoredRecord[];
  damage: Damage[];
  /** Bytes that are good, from the start; what is beyond in the last segment is a torn tail. */
  goodBytes: number;
  tornBytes: number;
  /** The group of the last good record. */
  lastGroup: number;
}

/**
 * Reads every record it can. Unreadable bytes are a torn tail when all that follows belongs to the same,
 * unacknowledged group; otherwise they are damage, and reading goes on behind them. `previousGroup` is the last group
 * before these bytes.
 */
export function scanRecords(file: string, bytes: Buffer, isLast: boolean, previousGroup = 0): Scan {
  const records: StoredRecord[] = [];
  const damage: Damage[] = [];
  let at = 0;
  let group = previousGroup;
  /** Records and bytes up to the end of the last whole group. */
  let whole = { records: 0, bytes: 0 };
  let endsGroup = true;
  while (at < bytes.length) {
    const read = readRecord(bytes, at);
    if (read) {
      records.push(read.record);
      ({ group, endsGroup } = read.record);
      at = read.next;
      if (endsGroup) whole = { records: records.length, bytes: at };
      continue;
    }
    const brokenGroup = endsGroup ? group + 1 : group;
    const resume = findRecord(bytes, at + 1);
    const acknowledged = !isLast || hasGroupAfter(bytes, resume, brokenGroup);
    if (!acknowledged) break;
    const after = resume === undefined ? undefined : readRecord(bytes, resume)?.record.revision;
    damage.push({
      file,
      offset: at,
      bytes: (resume ?? bytes.length) - at,
      afterRevision: records.at(-1)?.revision ?? 0,
      ...(after === undefined ? {} : { beforeRevision: after }),
      reason: 'checksum mismatch',
    });
    at = resume ?? bytes.length;
    endsGroup = true;
    group = brokenGroup;
    whole = { records: records.length, bytes: at };
  }
  // A group without its last record was never acknowledged, even when each of its records is sound.
  if (isLast) records.length = whole.records;
  else whole.bytes = bytes.length;
  return { records, damage, goodBytes: whole.bytes, tornBytes: bytes.length - whole.bytes, lastGroup: group };
}

/** Whether a record of a later group follows: proof that `group` had been made durable. */
function hasGroupAfter(bytes: Buffer, from: number | undefined, group: number): boolean {
  let at = from;
  while (at !== undefined) {
    const read = readRecord(bytes, at);
    if (!read) at = findRecord(bytes, at + 1);
    else if (read.record.group > group) return true;
    else at = read.next;
  }
  return false;
}
