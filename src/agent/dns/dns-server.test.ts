import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode, streamDecode, streamEncode } from 'dns-packet';
import { afterEach, expect, test } from 'vitest';
import { DnsServer } from './dns-server.ts';
import { parseQuery } from './message.ts';
import { exchange } from './upstream-exchange.ts';
import { machineUpstreams, nameserversOf } from './upstreams.ts';

const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };
let server: DnsServer;
afterEach(() => server.close());

const query = (id: number): Buffer => encode({ id, type: 'query', questions: [{ name: 'a.b', type: 'A' }] });
const flip = (bytes: Buffer): Buffer => {
  const answer = Buffer.from(bytes);
  answer.writeUInt16BE(0x8000, 2);
  return answer;
};

test('answers over UDP and over TCP, where questions may come in any pieces', async () => {
  server = new DnsServer(
    { resolve: (bytes, transport) => (transport === 'tcp' ? Promise.resolve(flip(bytes)) : flip(bytes)) },
    log,
  );
  const port = await server.listen('127.0.0.1', 0);
  const socket = createSocket('udp4');
  socket.send(query(7), port, '127.0.0.1');
  const datagram = await new Promise<Buffer>((resolve) => socket.once('message', resolve));
  socket.close();
  expect(decode(datagram)).toMatchObject({ id: 7, type: 'response' });

  const stream = connect(port, '127.0.0.1');
  const questions = [1, 2].map((id) => streamEncode({ id, type: 'query', questions: [{ name: 'a.b', type: 'A' }] }));
  for (const byte of Buffer.concat(questions)) stream.write(Buffer.from([byte]));
  let received = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  await expect.poll(() => received.length).toBe(2 * (questions[0]?.length ?? 0));
  expect(streamDecode(received)).toMatchObject({ id: 1 });
  stream.destroy();
});

test('a resolver is asked with an id of its own, over UDP and TCP, and forged answers are passed over', async () => {
  const seen: number[] = [];
  server = new DnsServer(
    {
      resolve: (bytes) => {
        seen.push(bytes.readUInt16BE(0));
        return flip(bytes);
      },
    },
    log,
  );
  const port = await server.listen('127.0.0.1', 0);
  const parsed = parseQuery(query(7));
  if (parsed.kind !== 'query') throw new Error('no query');
  for (const transport of ['udp', 'tcp'] as const) {
    const answer = await exchange(`127.0.0.1:${String(port)}`, parsed.query, transport);
    expect(answer.readUInt16BE(0)).toBe(seen.at(-1));
  }
  await server.close();
  await expect(exchange(`127.0.0.1:${String(port)}`, parsed.query, 'udp')).rejects.toThrow('ECONNREFUSED');
  await expect(exchange(`127.0.0.1:${String(port)}`, parsed.query, 'tcp')).rejects.toThrow('ECONNREFUSED');
});

test('the machine’s resolvers are read again when the file changes, and never include us', async () => {
  server = new DnsServer({ resolve: () => undefined }, log);
  const directory = await mkdtemp(join(tmpdir(), 'resolv-'));
  const file = join(directory, 'resolv.conf');
  await writeFile(file, '# nameserver 1.1.1.1\nnameserver 127.0.0.53\n nameserver 10.96.0.10 # us\nnameserver junk\n');
  const upstreams = machineUpstreams(() => ['10.96.0.10'], file, 0);
  expect(await upstreams()).toEqual(['127.0.0.53']);
  await rm(file);
  await writeFile(file, 'nameserver 192.0.2.53\n');
  await expect.poll(upstreams).toEqual(['192.0.2.53']);
  await rm(directory, { recursive: true });
  expect(nameserversOf('nameserver ::1\nsearch x\n')).toEqual(['::1']);
});
