import type { ApiError } from '../../../shared/api/errors.ts';
import type { ApplyResult, ChannelParams, ExecInput } from '../../../shared/live/contract.ts';
import type { LiveClient } from './live-client.ts';
import { ask } from './request.ts';

/** Applies YAML as `kubectl apply` does; one result a document. */
export async function apply(
  live: LiveClient,
  yaml: string,
  options: { namespace: string; dryRun: boolean; signal?: AbortSignal },
): Promise<ApplyResult[]> {
  const { signal, ...rest } = options;
  return (await ask(live, 'apply', { yaml, ...rest }, signal)).results;
}

export interface LogHandlers {
  /** A piece of text, not cut at line ends. */
  onText: (text: string) => void;
  /** The log is over: the container ended, or there is an error. */
  onEnd: (error?: ApiError) => void;
}

/** Opens a container's log. Returns the function that closes it; `onEnd` is not called after that. */
export function openLogs(live: LiveClient, params: ChannelParams<'logs'>, handlers: LogHandlers): () => void {
  const channel = live.open('logs', params, {
    onMessage: (message) => handlers.onText(message.text),
    onEnd: handlers.onEnd,
  });
  return () => channel.close();
}

export interface ExecHandlers {
  onOutput: (output: string) => void;
  /** The command ended by itself; `message` says how when the code does not. */
  onExit: (exitCode: number, message: string) => void;
  /** It could not be started, or the connection was lost. */
  onError: (error: ApiError) => void;
}

export interface ExecSession {
  write(stdin: string): void;
  resize(columns: number, rows: number): void;
  close(): void;
}

/** Runs a command in a container, with a terminal when `tty` is set. */
export function openExec(live: LiveClient, params: ChannelParams<'exec'>, handlers: ExecHandlers): ExecSession {
  let exited = false;
  const channel = live.open('exec', params, {
    onMessage: (message) => {
      if ('output' in message) handlers.onOutput(message.output);
      else {
        exited = true;
        handlers.onExit(message.exitCode, message.message);
      }
    },
    onEnd: (error) => {
      if (error) handlers.onError(error);
      else if (!exited) handlers.onExit(0, '');
    },
  });
  const send = (input: ExecInput): void => channel.send(input);
  return {
    write: (stdin) => send({ stdin }),
    resize: (columns, rows) => send({ resize: { columns, rows } }),
    close: () => channel.close(),
  };
}
