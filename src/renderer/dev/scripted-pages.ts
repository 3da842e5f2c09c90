import type { ApplyMessage, ChannelParams, ExecInput } from '../../shared/live/contract.ts';
import { labMachines } from './scripted-machines.ts';
import { labPods, logPieces, podMetrics } from './scripted-pods.ts';

/** What the scripted cluster says about the pages of one object, and to logs and terminals. */

const now = (): string => new Date().toISOString();

const applied: ApplyMessage = {
  results: [
    { document: 0, line: 1, outcome: 'created', target: 'configmap/settings', errors: [] },
    {
      document: 1,
      line: 8,
      outcome: 'failed',
      target: 'deployment.apps/web',
      errors: [
        { message: 'unknown field "spec.replica"', line: 13, field: 'spec.replica' },
        {
          message: 'spec.template.spec.containers[0].ports[0].containerPort: expected integer, got "eighty"',
          line: 23,
        },
      ],
    },
  ],
};

/** The answer of a channel; undefined leaves it to the lists. */
export function answerPage(channel: string, params: unknown): unknown {
  if (channel === 'object') {
    const { resource, name } = params as ChannelParams<'object'>;
    const found = [...labPods, ...labMachines].find(({ row }) => row.resource === resource && row.name === name);
    return found && { ...found, state: 'live', asOf: now() };
  }
  if (channel === 'metrics' && (params as ChannelParams<'metrics'>).scope === 'pod') return podMetrics();
  return channel === 'apply' ? applied : undefined;
}

/** Starts what streams; the answer takes what the screen sends into it. */
export function startStream(
  channel: string,
  send: (data: unknown) => void,
  end: () => void,
): ((input: unknown) => void) | undefined {
  if (channel === 'logs') {
    for (const text of logPieces()) send({ text });
    return () => undefined;
  }
  if (channel !== 'exec') return undefined;
  send({ output: '\u001b[1;32mapp\u001b[0m:/srv# ' });
  return (input) => {
    const given = input as ExecInput;
    if (!('stdin' in given)) return;
    if (given.stdin !== '\u0004')
      return send({ output: given.stdin === '\r' ? '\r\n\u001b[1;32mapp\u001b[0m:/srv# ' : given.stdin });
    send({ output: 'exit\r\n' });
    send({ exitCode: 130, message: '' });
    end();
  };
}
