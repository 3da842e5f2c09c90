import { messageOf } from '../../../../../../shared/api/errors.ts';
import type { ChannelParams } from '../../../../../../shared/live/contract.ts';
import type { LiveClient } from '../../../../live/live-client.ts';
import { openExec, type ExecSession } from '../../../../live/streams.ts';
import { exitText } from './shells.ts';

/** One command under way in a container, or how it ended. */
export class ShellSession {
  state = $state.raw<'starting' | 'running' | 'ended' | 'failed'>('starting');
  /** How it ended, or why it could not be started. */
  ending = $state.raw('');
  readonly #exec: ExecSession;

  constructor(live: LiveClient, params: ChannelParams<'exec'>, onOutput: (text: string) => void) {
    this.#exec = openExec(live, params, {
      onOutput: (text) => {
        if (this.state === 'starting') this.state = 'running';
        onOutput(text);
      },
      onExit: (exitCode, message) => this.#end('ended', exitText(exitCode, message)),
      onError: (error) => this.#end('failed', messageOf(error)),
    });
  }

  #end(state: 'ended' | 'failed', ending: string): void {
    // After the exit code the channel ends as well: the first word is the one that tells.
    if (this.over) return;
    this.state = state;
    this.ending = ending;
  }

  get over(): boolean {
    return this.state === 'ended' || this.state === 'failed';
  }

  write(text: string): void {
    if (!this.over) this.#exec.write(text);
  }

  resize(columns: number, rows: number): void {
    if (!this.over) this.#exec.resize(columns, rows);
  }

  close(): void {
    this.#exec.close();
  }
}
