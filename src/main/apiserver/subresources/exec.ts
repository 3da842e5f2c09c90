import { badRequest } from '../../../shared/api/errors.ts';
import type { Pod } from '../../../shared/api/kinds.ts';
import { containerOf } from './pod-container.ts';
import type { ResourceHandler } from '../resource-request.ts';

/** exec and attach without an upgrade: there is nothing to answer with. */
export const streamingOnlyHandler: ResourceHandler = () =>
  Promise.reject(badRequest('unable to upgrade: missing upgrade headers in request'));

/** Whether an option is on, as PodExecOptions reads it. */
const isOn = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
};

export interface StreamTarget {
  node: string;
  container: string;
  /** The kubelet's path and query. */
  path: string;
  /** What the client wants to be joined with. */
  channels: readonly ('stdin' | 'stdout' | 'stderr')[];
  tty: boolean;
}

/** The kubelet's names of the channels (pkg/kubelet/server/remotecommand). */
const KUBELET_NAME = { stdin: 'input', stdout: 'output', stderr: 'error' } as const;

/** Where an exec or attach to this pod goes. Throws 400 when there is nothing to run in or nothing to run. */
export function streamTargetOf(pod: Pod, subresource: 'exec' | 'attach', query: URLSearchParams): StreamTarget {
  const { name = '', namespace = '' } = pod.metadata ?? {};
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed')
    throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const container = containerOf(pod, query.get('container'));
  const node = pod.spec?.nodeName;
  if (!node) throw badRequest(`pod ${name} does not have a host assigned`);
  const command = query.getAll('command');
  if (subresource === 'exec' && command.length === 0)
    throw badRequest('you must specify at least 1 command for the container');

  const streams = { input: isOn(query, 'stdin'), output: isOn(query, 'stdout'), error: isOn(query, 'stderr') };
  if (!streams.input && !streams.output && !streams.error)
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  const tty = isOn(query, 'tty');
  const channels: StreamTarget['channels'][number][] = [];
  if (streams.input) channels.push('stdin');
  if (streams.output) channels.push('stdout');
  // A terminal has one output.
  if (streams.error && !tty) channels.push('stderr');
  const forward = new URLSearchParams();
  for (const word of command) forward.append('command', word);
  for (const channel of channels) forward.set(KUBELET_NAME[channel], '1');
  if (tty) forward.set('tty', '1');
  const path = [subresource, namespace, name, container].map(encodeURIComponent).join('/');
  return { node, container, path: `/${path}?${forward.toString()}`, channels, tty };
}
