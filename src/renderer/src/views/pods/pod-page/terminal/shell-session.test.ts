import { expect, test } from 'vitest';
import { LiveClient } from '../../../../live/live-client.ts';
import { ManualTimers, MemoryServer } from '../../../../live/memory-connection.ts';
import { ShellSession } from './shell-session.svelte.ts';

function start(): { server: MemoryServer; session: ShellSession; output: string[] } {
  const server = new MemoryServer();
  const live = new LiveClient(server.connect, { timers: new ManualTimers(), random: () => 1 });
  live.start();
  server.accept();
  const output: string[] = [];
  const params = { namespace: 'shop', pod: 'web', container: 'app', command: ['sh'], tty: true };
  const session = new ShellSession(live, params, (text) => output.push(text));
  return { server, session, output };
}

test('a shell runs from its first output to its exit code', () => {
  const { server, session, output } = start();
  session.resize(80, 24);
  session.write('exit\r');
  expect(server.received.slice(1).map((frame) => frame.type === 'send' && frame.data)).toEqual([
    { resize: { columns: 80, rows: 24 } },
    { stdin: 'exit\r' },
  ]);
  expect(session.state).toBe('starting');
  server.data('exec', { output: '$ ' });
  expect([session.state, output]).toEqual(['running', ['$ ']]);
  server.data('exec', { exitCode: 3, message: '' });
  server.send({ type: 'end', id: server.idOf('exec') });
  expect([session.state, session.ending]).toEqual(['ended', 'Ended with exit code 3']);
});

test('one that cannot be started says why, and takes no more input', () => {
  const { server, session } = start();
  const message = 'container app is not running';
  server.send({
    type: 'end',
    id: server.idOf('exec'),
    error: { code: 400, reason: 'BadRequest', message, status: 'Failure' },
  });
  session.write('x');
  expect([session.state, session.ending]).toEqual(['failed', message]);
  expect(server.received).toHaveLength(1);
});

test('one whose connection is lost says so', () => {
  const { server, session } = start();
  server.data('exec', { output: '$ ' });
  server.drop();
  expect(session.state).toBe('failed');
  expect(session.ending).toContain('connection');
});
