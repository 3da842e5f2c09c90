import type { Duplex } from 'node:stream';
import { PATHS } from '../footprint.ts';
import type { Host } from '../host.ts';

/** A machine that is connected and whose agent is installed. */
export class Session {
  constructor(
    readonly host: Host,
    readonly nodeName: string,
    /** What of the Machine this session was made from: a change means connecting anew. */
    readonly madeFrom: string,
    readonly machineId: string | undefined,
    /** When the node's certificate is due for renewal, ms since the epoch. */
    public renewAt: number,
  ) {}

  /** When the agent was last looked at, ms since the epoch. */
  checkedAt = 0;

  /** A byte stream to the agent's own API. */
  dial(): Promise<Duplex> {
    return this.host.dial(PATHS.agentSocket);
  }

  close(): Promise<void> {
    return this.host.close();
  }
}
