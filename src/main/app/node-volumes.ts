import type { NodeVolumes } from '../../shared/api/node-volumes.ts';
import { askKubelet, kubeletError, type NodeDialer } from '../apiserver/index.ts';

/** A machine that does not answer in this time is tried again later. */
const TIMEOUT_MS = 30_000;

/** Asks the agents of nodes, by `dial`, for the directories of volumes. */
export function nodeVolumesBy(dial: NodeDialer): NodeVolumes {
  const ask = async (node: string, method: 'PUT' | 'DELETE', name: string): Promise<string> => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await askKubelet(dial, { node, method, path: `/volumes/${encodeURIComponent(name)}`, signal });
    if (answer.type === 'upgraded') {
      answer.stream.destroy();
      throw new Error(`node ${node} answered a request for a volume with an upgrade`);
    }
    if ((answer.message.statusCode ?? 500) >= 400) throw await kubeletError(answer.message);
    let text = '';
    for await (const chunk of answer.message as AsyncIterable<Buffer>) text += chunk.toString();
    return text;
  };
  return {
    make: (node, name) => ask(node, 'PUT', name),
    remove: async (node, name) => void (await ask(node, 'DELETE', name)),
  };
}
