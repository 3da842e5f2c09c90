/**
 * A screen's end of the live contract, whatever carries it: a WebSocket in serve, IPC in Electron. Frames are JSON
 * text of `ClientFrame` and `ServerFrame` (src/shared/live/contract.ts).
 */
export interface LiveConnection {
  send(frame: string): void;
  /** Bytes handed to `send` that have not left yet: what backpressure goes by. */
  pendingBytes(): number;
  /** Called once by the live server, before any frame arrives. */
  onFrame(listener: (frame: string) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}
