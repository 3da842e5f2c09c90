import type { ApiError } from '../../../../../../shared/api/errors.ts';
import type { ChannelParams } from '../../../../../../shared/live/contract.ts';
import type { LiveClient } from '../../../../live/live-client.ts';
import { openLogs } from '../../../../live/streams.ts';
import { LogBuffer } from './log-buffer.ts';

/** How long lines are gathered before the screen is told: one draw for a burst. */
const GATHER_MS = 50;

/** One reading of a container's log. Whoever makes it closes it. */
export class LogSession {
  readonly buffer = new LogBuffer();
  /** Rises whenever the buffer has changed; read it to be told. */
  version = $state(0);
  state = $state.raw<'opening' | 'open' | 'ended' | 'failed'>('opening');
  error = $state.raw<ApiError | null>(null);
  readonly #close: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    live: LiveClient,
    readonly params: ChannelParams<'logs'>,
  ) {
    this.#close = openLogs(live, params, {
      onText: (text) => {
        this.buffer.append(text);
        this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS);
        this.state = 'open';
      },
      onEnd: (error) => {
        this.error = error ?? null;
        this.state = error ? 'failed' : 'ended';
        this.#tell();
      },
    });
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.version++;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#close();
  }
}
