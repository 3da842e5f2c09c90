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

/** Whether a value that came over the wire has the shape of a frame. What `data` holds is the channel's contract. */
export function isServerFrame(value: unknown): value is ServerFrame {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  if (value.type === 'pong') return true;
  return (value.type === 'data' || value.type === 'end') && 'id' in value && typeof value.id === 'number';
}
