import type { Deployment } from '../../../../shared/api/kinds.ts';
import { formatSelector } from '../../../../shared/api/selector.ts';
import type { Fact } from '../list/row-facts.ts';

/** How a Deployment replaces its Pods, in the words of its spec. */
export function deploymentFacts(deployment: Deployment): Fact[] {
  const { spec } = deployment;
  const rolling = spec?.strategy?.rollingUpdate;
  return [
    { label: 'Strategy', value: spec?.strategy?.type },
    { label: 'Max surge', value: rolling?.maxSurge === undefined ? undefined : String(rolling.maxSurge) },
    {
      label: 'Max unavailable',
      value: rolling?.maxUnavailable === undefined ? undefined : String(rolling.maxUnavailable),
    },
    { label: 'Min ready', value: spec?.minReadySeconds ? `${spec.minReadySeconds} s` : undefined },
    {
      label: 'Progress deadline',
      value: spec?.progressDeadlineSeconds === undefined ? undefined : `${spec.progressDeadlineSeconds} s`,
    },
    {
      label: 'Revisions kept',
      value: spec?.revisionHistoryLimit === undefined ? undefined : String(spec.revisionHistoryLimit),
    },
    { label: 'Selector', value: formatSelector(spec?.selector ?? {}), mono: true },
    { label: 'Paused', value: spec?.paused ? 'Yes: changes wait until it is resumed' : undefined },
  ];
}
