import type { ValueSealer } from '../sealer.ts';
import { RecordKind, type RecordInput, type StoredRecord } from './record.ts';

/** The record as it goes to disk. */
export function sealed(record: RecordInput, sealer: ValueSealer | undefined): RecordInput {
  const { kind, key, text } = record;
  if (!sealer || kind !== RecordKind.put || key === undefined || !sealer.protects(key)) return record;
  return { ...record, text: sealer.seal(key, Buffer.from(text ?? '')), sealed: true };
}

/** The JSON text of a record that was read. Throws a sentence when it cannot be opened. */
export function opened(record: StoredRecord, sealer: ValueSealer | undefined): Buffer {
  if (!record.sealed) return record.text;
  try {
    if (!sealer) throw new Error('the store was opened without a key');
    return sealer.open(record.key, record.text);
  } catch (error) {
    throw new Error(
      `${record.key} is encrypted with another key: restore the key file that belongs to this data directory`,
      { cause: error },
    );
  }
}
