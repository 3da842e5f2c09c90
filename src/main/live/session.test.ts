import { describe, expect, test } from 'vitest';
import type { Logger } from '../../shared/logger.ts';
import { notFound } from '../../shared/api/errors.ts';
import { waitFor } from '../../shared/testing/wait-for.ts';
import type { ChannelOpeners, ChannelOutput } from './channel.ts';
import { Session } from './session.ts';
import { MemoryScreen } from './testing/memory-screen.ts';

const nothing = (): void => undefined;
const log: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const LOGS = {
  namespace: 'a',
  pod: 'b',
  container: 'c',
  follow: true,
  previous: false,
  timestamps: false,
  tailLines: 1,
};

/** A session whose channels do what the test says; channels that are not named must not be opened. */
function setUp(openers: Partial<ChannelOpeners>): { screen: MemoryScreen; session: Session; ended: () => number } {
  const screen = new MemoryScreen();
  let ended = 0;
  const session = new Session(screen.connection, openers as ChannelOpeners, log, () => ended++);
  return { screen, session, ended: () => ended };
}

describe('a session', () => {
  test('answers pings', () => {
    const { screen } = setUp({});
    screen.frame({ type: 'ping' });
    expect(screen.received).toEqual([{ type: 'pong' }]);
  });

  test.each(['no JSON', '{"type":"open"}', '[]', '{"type":"evil","id":1}', 'x'.repeat(12_000_001)])(
    'closes a connection that sends what is no frame',
    (text) => {
      const { screen, ended } = setUp({});
      screen.raw(text);
      expect(screen.closed).toBe(true);
      expect(ended()).toBe(1);
    },
  );

  test('refuses unknown channels and wrong parameters in words, and opens nothing', () => {
    const { screen } = setUp({});
    screen.frame({ type: 'open', id: 1, channel: 'toString', params: {} });
    screen.frame({ type: 'open', id: 2, channel: 'logs', params: { ...LOGS, tailLines: -1 } });
    screen.frame({ type: 'open', id: 3, channel: 'api', params: { method: 'GET', path: '/metrics' } });
    const messages = screen.received.map((frame) => (frame.type === 'end' ? frame.error?.message : ''));
    expect(messages[0]).toBe('there is no channel "toString"');
    expect(messages[1]).toContain('invalid input for "logs" at tailLines');
    expect(messages[2]).toContain('invalid input for "api" at path');
  });

  test('checks what is sent into a channel, and ends the channel on what is wrong', () => {
    const taken: unknown[] = [];
    const { screen } = setUp({ exec: () => (input) => void taken.push(input) });
    const channel = screen.open('exec', { namespace: 'a', pod: 'b', container: 'c', command: ['sh'], tty: true });
    channel.send({ stdin: 'ls\n' });
    screen.frame({ type: 'send', id: channel.id, data: { resize: { columns: 0, rows: 5 } } });
    channel.send({ stdin: 'too late' });
    expect(taken).toEqual([{ stdin: 'ls\n' }]);
    expect(channel.end?.error?.reason).toBe('BadRequest');
  });

  test('a failure ends its channel with a Status, and no other', async () => {
    const { screen } = setUp({
      logs: () => Promise.reject(notFound({ group: '', plural: 'pods' }, 'b')),
      info: () => {
        throw new Error('the disk is gone');
      },
    });
    const logs = screen.open('logs', LOGS);
    const info = screen.open('info', {});
    expect((await logs.ended()).error).toMatchObject({ code: 404, message: 'pods "b" not found' });
    expect((await info.ended()).error).toMatchObject({ code: 503, message: 'the disk is gone' });
    expect(screen.closed).toBe(false);
  });

  test('closing a channel, or the connection, ends its work and silences it', () => {
    const outs: ChannelOutput<unknown>[] = [];
    const { screen, ended } = setUp({
      overview: (_params, out) => {
        outs.push(out);
        return undefined;
      },
    });
    const first = screen.open('overview', {});
    screen.open('overview', {});
    first.close();
    expect(outs.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    outs[0]?.latest(() => 'never');
    outs[0]?.end();
    screen.hangUp();
    expect(outs[1]?.signal.aborted).toBe(true);
    outs[1]?.latest(() => 'never');
    expect(screen.received).toEqual([]);
    expect(ended()).toBe(1);
  });

  test('a screen that is behind gets the newest state once, not every state', async () => {
    let out: ChannelOutput<unknown> | undefined;
    const { screen } = setUp({
      overview: (_params, opened) => {
        out = opened;
        return undefined;
      },
    });
    const channel = screen.open('overview', {});
    screen.unsentBytes = 2_000_000;
    let made = 0;
    for (let state = 1; state <= 1000; state++)
      out?.latest(() => {
        made++;
        return state;
      });
    expect(channel.messages).toEqual([]);
    screen.unsentBytes = 0;
    await waitFor('the state', () => channel.messages.length > 0);
    expect(channel.messages).toEqual([1000]);
    expect(made).toBe(1);
  });

  test('a stream to a screen that is behind waits, and loses nothing', async () => {
    let sent = 0;
    const { screen } = setUp({
      logs: async (_params, out) => {
        for (; sent < 5; sent++) await out.send({ text: String(sent) });
        out.end();
      },
    });
    screen.unsentBytes = 2_000_000;
    const channel = screen.open('logs', LOGS);
    await Promise.resolve();
    expect(sent).toBe(0);
    screen.unsentBytes = 0;
    await channel.ended();
    expect(channel.messages.map(({ text }) => text).join('')).toBe('01234');
  });
});
