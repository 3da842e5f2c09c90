import {
  LIMIT_RANGES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  type LimitRange,
  type PersistentVolumeClaim,
  type Pod,
} from '../../../../shared/api/kinds.ts';
import type { Views } from '../../views/views.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../chain.ts';
import { concerns, refused } from '../refuse.ts';
import { claimViolations, podViolations } from './constraints.ts';
import { setLimitDefaults } from './defaults.ts';

/** Pods and claims keep within the LimitRanges of their namespace; containers get their defaults (plugin/limitranger). */
export function limitRanger(views: Views): AdmissionPlugin {
  const rangesFor = async (request: AdmissionRequest): Promise<LimitRange[]> => {
    // What is on its way out may be finalized whatever the limits are now.
    if (request.old?.metadata?.deletionTimestamp !== undefined) return [];
    return (await views.of(LIMIT_RANGES)).list(request.namespace);
  };
  return {
    name: 'LimitRanger',
    async mutate(request) {
      if (!isNewPod(request)) return;
      for (const range of await rangesFor(request)) setLimitDefaults(range, request.object as Pod);
    },
    async validate(request) {
      const judge = violationsOf(request);
      if (!judge) return;
      for (const range of await rangesFor(request)) {
        const broken = judge(range);
        if (broken.length > 0) throw refused(request, aggregate(broken));
      }
    },
  };
}

/** What a pod asks for is fixed once it is made, except by a resize. */
const isNewPod = (request: AdmissionRequest): boolean => request.operation === 'CREATE' && concerns(request, PODS);

function violationsOf(request: AdmissionRequest): ((range: LimitRange) => string[]) | undefined {
  const { operation, object, kind, subresource } = request;
  const isResize = operation === 'UPDATE' && subresource === 'resize' && kind.type.plural === PODS.plural;
  if (isNewPod(request) || isResize) return (range) => podViolations(range, object as Pod);
  const isClaim = operation !== 'DELETE' && concerns(request, PERSISTENT_VOLUME_CLAIMS);
  return isClaim ? (range) => claimViolations(range, object as PersistentVolumeClaim) : undefined;
}

/** Several errors as one text, each once (utilerrors.NewAggregate). */
function aggregate(messages: readonly string[]): string {
  const distinct = [...new Set(messages)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
}
