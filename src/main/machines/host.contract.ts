import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Host } from './host.ts';

/** What every Host does, whatever is between us and the machine. The machine must share this computer's file system. */
export function hostContract(name: string, open: () => Promise<Host>): void {
  describe(`${name} as a Host`, () => {
    let host: Host;
    let dir: string;
    beforeEach(async () => {
      host = await open();
      dir = await mkdtemp(join(tmpdir(), 'wh-host-'));
    });
    afterEach(async () => {
      await host.close();
      await rm(dir, { recursive: true, force: true });
    });

    test('runs a command with its input, and gives both outputs and the exit code', async () => {
      const result = await host.exec('cat; echo oops >&2; exit 3', { stdin: 'hello', timeoutMs: 10_000 });
      expect(result).toEqual({ code: 3, stdout: 'hello', stderr: 'oops\n' });
    });

    test('runs a script given as input to sh -s', async () => {
      const result = await host.exec('sh -s', { stdin: 'x=4\necho $((x * 10))\n', timeoutMs: 10_000 });
      expect(result.stdout).toBe('40\n');
    });

    test('keeps the first MiB of a long output and lets the command end', async () => {
      const result = await host.exec('head -c 3000000 /dev/zero', { timeoutMs: 20_000 });
      expect(result.code).toBe(0);
      expect(result.stdout).toHaveLength(1 << 20);
    });

    test('gives a command up when its time is over', async () => {
      await expect(host.exec('sleep 30', { timeoutMs: 50 })).rejects.toThrow('did not end in 0.05 s');
    });

    test('gives a command up when asked to', async () => {
      const abort = new AbortController();
      const running = host.exec('sleep 30', { timeoutMs: 30_000, signal: abort.signal });
      abort.abort(new Error('changed my mind'));
      await expect(running).rejects.toThrow('changed my mind');
    });

    test('dials a unix socket on the machine', async () => {
      const path = join(dir, 'echo.sock');
      const server = createServer((socket) => socket.pipe(socket)).listen(path);
      const stream = await host.dial(path);
      stream.end('ping');
      expect(await text(stream)).toBe('ping');
      server.close();
    });

    test('says that a socket is unreachable', async () => {
      await expect(host.dial(join(dir, 'missing.sock'))).rejects.toMatchObject({
        name: 'ChannelRefused',
        why: 'unreachable',
      });
    });

    test('listens on a unix socket on the machine, also where an earlier socket was left behind', async () => {
      const path = join(dir, 'back.sock');
      const answer = (stream: Duplex): void => void stream.pipe(stream);
      await host.exec(`touch ${path}`, { timeoutMs: 5000 });
      await host.listen(path, answer);
      const socket = connect(path);
      socket.end('from the machine');
      expect(await text(socket)).toBe('from the machine');
    });

    test('tells once that it was closed, and refuses work after', async () => {
      const reasons: string[] = [];
      host.onDidClose((reason) => reasons.push(reason.message));
      await host.close();
      await host.close();
      expect(reasons).toEqual(['the connection was closed by us']);
      host.onDidClose((reason) => reasons.push(reason.message));
      expect(reasons).toHaveLength(2);
    });
  });
}
