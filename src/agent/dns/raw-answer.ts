import { skipName } from './message.ts';

/** Answers of other resolvers as the bytes they came in: nothing in them is lost, whatever types come to be. */

const HEADER_BYTES = 12;
const OPT = 41;
const SOA = 6;

interface RecordPlace {
  section: 'answer' | 'authority' | 'additional';
  type: number;
  ttlAt: number;
  dataAt: number;
  dataBytes: number;
}

/** Where each record is. Throws RangeError on a message that is cut short. */
function* recordsOf(message: Buffer): Generator<RecordPlace> {
  let at = HEADER_BYTES;
  for (let questions = message.readUInt16BE(4); questions > 0; questions -= 1) at = skipName(message, at) + 4;
  for (const [section, countAt] of [
    ['answer', 6],
    ['authority', 8],
    ['additional', 10],
  ] as const) {
    for (let count = message.readUInt16BE(countAt); count > 0; count -= 1) {
      at = skipName(message, at);
      const dataBytes = message.readUInt16BE(at + 8);
      yield { section, type: message.readUInt16BE(at), ttlAt: at + 4, dataAt: at + 10, dataBytes };
      at += 10 + dataBytes;
    }
  }
}

export const rcodeOf = (message: Buffer): number => message.readUInt16BE(2) & 15;
export const isTruncated = (message: Buffer): boolean => (message.readUInt16BE(2) & 0x0200) !== 0;

/** Whether a message answers this very question: the same name (however it is written), type and class. */
export function answersQuestion(message: Buffer, query: Buffer, questionEnd: number): boolean {
  if (message.length < questionEnd || (message.readUInt16BE(2) & 0x8000) === 0) return false;
  const asked = query.toString('latin1', HEADER_BYTES, questionEnd).toLowerCase();
  return message.toString('latin1', HEADER_BYTES, questionEnd).toLowerCase() === asked;
}

/** How many seconds an answer may be kept: its shortest TTL, for a denial also its SOA's minimum (RFC 2308); 0: not at all. */
export function keepSeconds(message: Buffer): number {
  let seconds = Infinity;
  let answers = 0;
  for (const { section, type, ttlAt, dataAt, dataBytes } of recordsOf(message)) {
    if (type === OPT) continue;
    if (section === 'answer') answers += 1;
    seconds = Math.min(seconds, message.readUInt32BE(ttlAt));
    if (section === 'authority' && type === SOA && answers === 0 && dataBytes >= 22) {
      seconds = Math.min(seconds, message.readUInt32BE(dataAt + dataBytes - 4));
    }
  }
  return Number.isFinite(seconds) ? seconds : 0;
}

/** A copy of a kept answer for another asker: its id and its spelling of the question, and TTLs as they are now. */
export function readdressed(message: Buffer, query: Buffer, questionEnd: number, agedSeconds: number): Buffer {
  const copy = Buffer.from(message);
  query.copy(copy, 0, 0, 2);
  query.copy(copy, HEADER_BYTES, HEADER_BYTES, questionEnd);
  if (agedSeconds === 0) return copy;
  for (const { type, ttlAt } of recordsOf(message)) {
    if (type !== OPT) copy.writeUInt32BE(Math.max(0, copy.readUInt32BE(ttlAt) - agedSeconds), ttlAt);
  }
  return copy;
}
