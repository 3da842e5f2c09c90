import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiGateway } from './api-gateway.ts';

let directory: string;
let gateway: ApiGateway;
let tunnel: Server | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gateway-'));
  gateway = new ApiGateway(join(directory, 'api.sock'));
  await gateway.listen('127.0.0.1', 0);
});
afterEach(async () => {
  await gateway.close();
  tunnel?.close();
  tunnel = undefined;
  await rm(directory, { recursive: true });
});

/** Sends, ends, and reads until the other side ends too. */
async function exchange(text: string): Promise<string> {
  const socket = connect({ ...gateway.address!, allowHalfOpen: true });
  socket.end(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('passes bytes both ways, each way to its own end', async () => {
  tunnel = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => socket.end(`got ${Buffer.concat(chunks).toString()}`));
  });
  await new Promise<void>((resolve) => tunnel?.listen(join(directory, 'api.sock'), resolve));
  expect(await exchange('hello')).toBe('got hello');
});

test('without a tunnel ends the connection at once, and goes on', async () => {
  await expect(exchange('hello')).rejects.toThrow('ECONNRESET');
  await expect(exchange('again')).rejects.toThrow('ECONNRESET');
});

test('a client that goes takes its tunnel connection along', async () => {
  let gone = false;
  tunnel = createServer((socket) => {
    socket
      .resume()
      .on('error', () => undefined)
      .on('close', () => (gone = true));
  });
  await new Promise<void>((resolve) => tunnel?.listen(join(directory, 'api.sock'), resolve));
  const socket = connect(gateway.address!);
  socket.write('x', () => socket.resetAndDestroy());
  await expect.poll(() => gone).toBe(true);
});
