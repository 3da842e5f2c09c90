/** The live contract's server: what the screen sees and may do, over any connection. */
export { createLiveServer, type LiveServer, type LiveServerDeps } from './live-server.ts';
export type { LiveConnection } from './connection.ts';
export type { ExecTarget } from './channels/exec.ts';
