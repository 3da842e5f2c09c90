import type { ClientFrame, ServerFrame } from '../../../shared/live/contract.ts';

/** What a connection tells the one who opened it. `onClose` comes once, also when it could never be opened. */
export interface ConnectionHandlers {
  onOpen: () => void;
  onFrame: (frame: ServerFrame) => void;
  onClose: (reason: string) => void;
}

/** A way to the main process that carries frames in order: a WebSocket in serve, an IPC port in Electron, memory in tests. */
export interface FrameConnection {
  send(frame: ClientFrame): void;
  /** Ends it; `onClose` is still called. */
  close(): void;
}

export type Connect = (handlers: ConnectionHandlers) => FrameConnection;

/** Reads a frame from its JSON text; null when it is none. What `data` holds is the channel's contract. */
export function readFrame(text: string): ServerFrame | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON: the other side does not speak this protocol; the caller ends the connection.
    return null;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  if (value.type === 'pong') return { type: 'pong' };
  const isChannelFrame = value.type === 'data' || value.type === 'end';
  return isChannelFrame && 'id' in value && typeof value.id === 'number' ? (value as ServerFrame) : null;
}
