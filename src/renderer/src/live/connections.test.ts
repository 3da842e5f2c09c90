import { describe, expect, test } from 'vitest';
import type { ServerFrame } from '../../../shared/live/contract.ts';
import { readFrame, type ConnectionHandlers } from './connection.ts';
import { ipcConnection } from './ipc-connection.ts';
import { liveUrl } from './websocket-connection.ts';

test.each(['', 'x', 'null', '[]', '{"type":"data"}', '{"type":"open","id":1}', '{"id":1}'])('%j is no frame', (text) =>
  expect(readFrame(text)).toBeNull(),
);

test.each<ServerFrame>([{ type: 'pong' }, { type: 'data', id: 1, data: null }, { type: 'end', id: 2 }])(
  '%j is a frame',
  (frame) => expect(readFrame(JSON.stringify(frame))).toEqual(frame),
);

test('the live endpoint is that of the page', () => {
  expect(liveUrl({ protocol: 'http:', host: '127.0.0.1:7080' })).toBe('ws://127.0.0.1:7080/live');
  expect(liveUrl({ protocol: 'https:', host: 'box' })).toBe('wss://box/live');
});

describe('the connection over IPC', () => {
  function setUp() {
    const sent: string[] = [];
    const seen: string[] = [];
    let deliver: (frame: string) => void = () => undefined;
    const handlers: ConnectionHandlers = {
      onOpen: () => seen.push('open'),
      onFrame: (frame) => seen.push(frame.type),
      onClose: () => seen.push('close'),
    };
    const connection = ipcConnection({
      connect: () => ({
        send: (frame) => sent.push(frame),
        onFrame: (listener) => (deliver = listener),
        close: () => sent.push('closed'),
      }),
    })(handlers);
    return { sent, seen, connection, deliver: (frame: string) => deliver(frame) };
  }

  test('opens, carries frames as text, and closes once', async () => {
    const { sent, seen, connection, deliver } = setUp();
    await Promise.resolve();
    connection.send({ type: 'ping' });
    deliver('{"type":"pong"}');
    connection.close();
    connection.close();
    deliver('{"type":"pong"}');
    expect(sent).toEqual(['{"type":"ping"}', 'closed']);
    expect(seen).toEqual(['open', 'pong', 'close']);
  });

  test('ends when the other side does not speak frames', () => {
    const { seen, deliver } = setUp();
    deliver('hello');
    expect(seen).toEqual(['close']);
  });
});
