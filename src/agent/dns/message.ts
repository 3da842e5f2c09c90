import {
  AUTHORITATIVE_ANSWER,
  CHECKING_DISABLED,
  decode,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  type Answer,
  type DecodedPacket,
} from 'dns-packet';

export const RCODE = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const;
export type Rcode = (typeof RCODE)[keyof typeof RCODE];

const HEADER_BYTES = 12;
/** Without EDNS a message over UDP is this long at most (RFC 1035). */
const PLAIN_UDP_BYTES = 512;
/** What passes every network in one piece (DNS Flag Day 2020). */
const OWN_UDP_BYTES = 1232;
const MOST_BYTES = 65_535;

/** One question, as it came over the wire. */
export interface Query {
  readonly id: number;
  readonly name: string;
  /** Upper case; `UNKNOWN_n` for types that have no name here. */
  readonly type: string;
  readonly isInternet: boolean;
  readonly flags: number;
  /** The whole message. */
  readonly bytes: Buffer;
  /** Where the question ends. */
  readonly questionEnd: number;
  /** Payload size the client takes over UDP; undefined: it does not speak EDNS. */
  readonly edns: { readonly size: number; readonly version: number } | undefined;
}

export type ParsedQuery =
  | { kind: 'query'; query: Query }
  /** To be answered with nothing but this code. */
  | { kind: 'bad'; id: number; flags: number; rcode: Rcode }
  /** Not to be answered at all: it is no query, and answering answers makes loops. */
  | { kind: 'ignore' };

export function parseQuery(bytes: Buffer): ParsedQuery {
  if (bytes.length < HEADER_BYTES) return { kind: 'ignore' };
  const id = bytes.readUInt16BE(0);
  const flags = bytes.readUInt16BE(2);
  if (flags & 0x8000) return { kind: 'ignore' };
  const bad = (rcode: Rcode): ParsedQuery => ({ kind: 'bad', id, flags, rcode });
  if ((flags >> 11) & 15) return bad(RCODE.notImplemented);
  if (bytes.readUInt16BE(4) !== 1) return bad(RCODE.formatError);
  let packet: DecodedPacket;
  try {
    packet = decode(bytes);
  } catch {
    return bad(RCODE.formatError);
  }
  const [question] = packet.questions ?? [];
  const questionEnd = skipName(bytes, HEADER_BYTES) + 4;
  if (!question || questionEnd > bytes.length) return bad(RCODE.formatError);
  const opt = packet.additionals?.find((record) => record.type === 'OPT');
  const edns =
    opt?.type === 'OPT' ? { size: Math.max(PLAIN_UDP_BYTES, opt.udpPayloadSize), version: opt.ednsVersion } : undefined;
  const isInternet = bytes.readUInt16BE(questionEnd - 2) === 1;
  return {
    kind: 'query',
    query: { id, name: question.name, type: question.type, isInternet, flags, bytes, questionEnd, edns },
  };
}

/** The offset after a name. Throws RangeError where it runs over the end. */
export function skipName(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = bytes.readUInt8(at);
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
    if (length === 0) return at;
  }
}

/** How long an answer to this query may be. */
export function sizeLimit({ edns }: Query, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return MOST_BYTES;
  return edns ? Math.min(edns.size, OWN_UDP_BYTES) : PLAIN_UDP_BYTES;
}

export interface Reply {
  readonly rcode: Rcode;
  readonly authoritative?: boolean;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
}

/**
 * Encodes an answer in at most `limit` bytes: first the additional records are left out, then answers, with the flag
 * that tells the client to ask over TCP. Answers name what was asked by reference, which lets three times as many in.
 */
export function encodeReply(query: Query, reply: Reply, limit: number): Buffer {
  const { authorities = [], additionals = [] } = reply;
  const question = query.bytes.subarray(HEADER_BYTES, query.questionEnd);
  const opt = query.edns ? [optRecord()] : [];
  const answers = (reply.answers ?? []).map((record) => recordBytes(record, query));
  const authority = authorities.map((record) => recordBytes(record, query));
  const additional = additionals.map((record) => recordBytes(record, query));
  let room = limit - HEADER_BYTES - question.length - sizeOf(opt);
  const sections = [answers, authority, additional].map((records) => {
    const fitting = records.slice(0, fitCount(records, room));
    room -= sizeOf(fitting);
    return fitting;
  });
  const [inAnswer = [], inAuthority = [], inAdditional = []] = sections;
  const truncated = inAnswer.length < answers.length ? TRUNCATED_RESPONSE : 0;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(
    0x8000 |
      (reply.authoritative ? AUTHORITATIVE_ANSWER : 0) |
      truncated |
      (query.flags & (RECURSION_DESIRED | CHECKING_DISABLED)) |
      RECURSION_AVAILABLE |
      reply.rcode,
    2,
  );
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(inAnswer.length, 6);
  header.writeUInt16BE(inAuthority.length, 8);
  header.writeUInt16BE(inAdditional.length + opt.length, 10);
  return Buffer.concat([header, question, ...inAnswer, ...inAuthority, ...inAdditional, ...opt]);
}

/** An answer without a question to a message whose question cannot be repeated. */
export function encodeRefusal(id: number, flags: number, rcode: Rcode): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x8000 | (flags & 0x7900) | RECURSION_AVAILABLE | rcode, 2);
  return header;
}

const sizeOf = (records: readonly Buffer[]): number => records.reduce((sum, { length }) => sum + length, 0);

function fitCount(records: readonly Buffer[], room: number): number {
  let size = 0;
  const over = records.findIndex(({ length }) => (size += length) > room);
  return over === -1 ? records.length : over;
}

function recordBytes(record: Answer, query: Query): Buffer {
  const bytes = encode({ answers: [record] }).subarray(HEADER_BYTES);
  if (record.name !== query.name) return bytes;
  const pointer = Buffer.from([0xc0, HEADER_BYTES]);
  return Buffer.concat([pointer, bytes.subarray(query.questionEnd - HEADER_BYTES - 4)]);
}

function optRecord(): Buffer {
  const opt: Answer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: OWN_UDP_BYTES,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  return encode({ additionals: [opt] }).subarray(HEADER_BYTES);
}
