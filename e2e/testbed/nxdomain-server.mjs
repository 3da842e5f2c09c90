// A name server that knows no names: answers every question, over UDP, with NXDOMAIN at once, so that a mistyped
// registry fails in milliseconds and not after the resolver's timeouts. Argument: the address to listen on.
import { createSocket } from 'node:dgram';

const HEADER_BYTES = 12;
/** Response, recursion available; RCODE 3 is NXDOMAIN (RFC 1035, 4.1.1). */
const RESPONSE = 0x8000;
const RECURSION_AVAILABLE = 0x0080;
const NXDOMAIN = 3;
const KEPT_FROM_QUERY = 0x7900; // opcode and recursion desired

/** @param {Buffer} query @returns {Buffer} The question, answered with nothing */
function refuse(query) {
  let end = HEADER_BYTES;
  while (end < query.length && query[end] !== 0) end += (query[end] ?? 0) + 1;
  const answer = Buffer.from(query.subarray(0, Math.min(query.length, end + 5))); // root label, type, class
  answer.writeUInt16BE((query.readUInt16BE(2) & KEPT_FROM_QUERY) | RESPONSE | RECURSION_AVAILABLE | NXDOMAIN, 2);
  answer.fill(0, 6, HEADER_BYTES); // no answers, authorities or additional records
  return answer;
}

const socket = createSocket('udp4');
socket.on('message', (query, { address, port }) => {
  if (query.length >= HEADER_BYTES) socket.send(refuse(query), port, address);
});
socket.bind(53, process.argv[2]);
