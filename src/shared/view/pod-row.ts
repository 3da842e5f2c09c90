import type { Pod } from '../api/kinds.ts';
import { podState } from './pod-state.ts';
import { summarizePod } from './pod-summary.ts';
import { imagesOf, ownerOf, rowBase } from './row-base.ts';
import type { PodRow } from './rows.ts';

/** A pod as a list shows it. Usage and `simulated` come from elsewhere. */
export function podRow(pod: Pod): PodRow {
  const summary = summarizePod(pod);
  const { lastRestart } = summary;
  return {
    resource: 'pods',
    ...rowBase(pod),
    state: podState(pod, summary),
    ready: summary.ready,
    total: summary.total,
    restarts: summary.restarts,
    ...(lastRestart === undefined ? {} : { lastRestartAt: lastRestart }),
    node: pod.spec?.nodeName ?? '',
    ip: pod.status?.podIP ?? '',
    owner: ownerOf(pod),
    images: imagesOf(pod),
  };
}
