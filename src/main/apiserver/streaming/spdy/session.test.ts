import { duplexPair } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { SpdyTestClient } from '../../testing/spdy-client.ts';
import { encodeControlFrame, encodeRstStream, FLAG_FIN, FRAME_TYPE } from './frame.ts';
import { SpdySession } from './session.ts';
import type { SpdyStream } from './stream.ts';

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function begin(onStream: (stream: SpdyStream) => void): {
  client: SpdyTestClient;
  session: SpdySession;
  over: Promise<void>;
} {
  const [ours, theirs] = duplexPair();
  const session = new SpdySession(ours, { log, onStream });
  return { client: new SpdyTestClient(theirs), session, over: session.run(Buffer.alloc(0)) };
}
const until = (holds: () => boolean): Promise<void> => vi.waitFor(() => expect(holds()).toBe(true));

test('streams are replied to, carry bytes both ways, and end one direction at a time', async () => {
  const { client } = begin((stream) => stream.pipe(stream));
  const id = await client.open({ streamtype: 'data', port: '80' });
  client.send(id, 'hello ');
  client.send(id, 'world', true);
  await until(() => client.stream(id).ended);
  expect(client.stream(id)).toEqual({ replied: true, reset: false, ended: true, bytes: Buffer.from('hello world') });
});

test('headers arrive with the stream, and a stream may be opened with its end', async () => {
  const seen: [string, string][][] = [];
  const { client } = begin((stream) => {
    seen.push([...stream.headers]);
    stream.on('end', () => stream.end('bye')).resume();
  });
  const first = await client.open({ StreamType: 'error', requestID: '0' }, 1, FLAG_FIN);
  await until(() => client.stream(first).ended);
  expect(seen).toEqual([
    [
      ['streamtype', 'error'],
      ['requestid', '0'],
    ],
  ]);
  expect(client.stream(first).bytes.toString()).toBe('bye');
});

test('pings come back as they were sent; answers to the server’s own do not', async () => {
  const { client } = begin(ignore);
  client.raw(encodeControlFrame(FRAME_TYPE.ping, 0, Buffer.from('00000002', 'hex')));
  client.raw(encodeControlFrame(FRAME_TYPE.ping, 0, Buffer.from('00000007', 'hex')));
  await until(() => client.pings.length > 0);
  expect(client.pings.map((ping) => ping.toString('hex'))).toEqual(['00000007']);
});

test('a stream the client resets is gone without an answer; one that is refused is reset', async () => {
  const streams: SpdyStream[] = [];
  const { client } = begin((stream) => {
    streams.push(stream);
    if (stream.headers.has('nonsense')) stream.refuse();
  });
  const first = await client.open({ streamtype: 'data' });
  const second = await client.open({ nonsense: 'yes' });
  await until(() => client.stream(second).reset);
  client.raw(encodeRstStream(first, 5));
  await until(() => streams[0]?.destroyed === true);
  expect(client.stream(first).reset).toBe(false);
});

test('a stream the server destroys is reset for the client, and the others go on', async () => {
  const streams: SpdyStream[] = [];
  const { client } = begin((stream) => void streams.push(stream));
  const [first, second] = [await client.open({}), await client.open({})];
  await until(() => streams.length === 2);
  streams[0]?.destroy();
  streams[1]?.end('still here');
  await until(() => client.stream(first).reset && client.stream(second).ended);
  expect(client.stream(second).bytes.toString()).toBe('still here');
});

test('a stream nobody reads holds the client up, and loses nothing', async () => {
  const streams: SpdyStream[] = [];
  const { client } = begin((stream) => void streams.push(stream));
  const id = await client.open({});
  const pieces = 64;
  for (let piece = 0; piece < pieces; piece += 1) client.send(id, Buffer.alloc(64 * 1024, piece), piece === pieces - 1);
  await until(() => streams[0] !== undefined && streams[0].readableLength >= 256 * 1024);
  expect(streams[0]?.readableLength).toBeLessThan(512 * 1024);
  let bytes = 0;
  for await (const chunk of streams[0] as AsyncIterable<Buffer>) bytes += chunk.length;
  expect(bytes).toBe(pieces * 64 * 1024);
});

test.each([
  ['of another version', Buffer.from('8002000100000000', 'hex')],
  ['with a header block that is none', encodeControlFrame(FRAME_TYPE.synStream, 0, Buffer.alloc(30, 1))],
  ['too short for what it is', encodeControlFrame(FRAME_TYPE.synStream, 0, Buffer.alloc(3))],
])('a frame %s ends the connection, and every stream', async (_words, bytes) => {
  const streams: SpdyStream[] = [];
  const { client, over } = begin((stream) => void streams.push(stream));
  await client.open({});
  client.raw(bytes);
  await over;
  expect(streams.map(({ destroyed }) => destroyed)).toEqual([true]);
});

test.each([
  ['an even id', 2],
  ['an id used before', 1],
])('%s ends the connection', async (_words, id) => {
  const { client, over } = begin(ignore);
  await client.open({});
  await client.open({}, id);
  await over;
});

test('closing says good-bye after what was written', async () => {
  const { client, session } = begin((stream) => stream.end('last words', () => session.close()));
  const id = await client.open({});
  await until(() => client.closed);
  expect(client.goneAway).toBe(true);
  expect(client.stream(id)).toMatchObject({ ended: true, bytes: Buffer.from('last words') });
});
