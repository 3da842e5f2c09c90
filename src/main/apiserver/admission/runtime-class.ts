import { PODS, RUNTIME_CLASSES, type Pod, type RuntimeClass } from '../../../shared/api/kinds.ts';
import { amountsOf, sameAmounts } from '../../../shared/quota/amounts.ts';
import type { Views } from '../views/views.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';
import { mergeTolerations } from './merge-tolerations.ts';
import { concerns, refused } from './refuse.ts';

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

/** Pods carry the overhead of their RuntimeClass, and go only to nodes that have it (plugin/runtimeclass). */
export function runtimeClass(views: Views): AdmissionPlugin {
  async function classOf(request: AdmissionRequest): Promise<RuntimeClass | undefined> {
    const name = (request.object as Pod).spec?.runtimeClassName;
    if (name === undefined) return undefined;
    const found = (await views.of(RUNTIME_CLASSES)).get('', name);
    if (!found) throw refused(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    return found;
  }
  const isNewPod = (request: AdmissionRequest): boolean => request.operation === 'CREATE' && concerns(request, PODS);
  return {
    name: 'RuntimeClass',
    async mutate(request) {
      if (!isNewPod(request)) return;
      const found = await classOf(request);
      if (found?.overhead) setOverhead(request, found.overhead.podFixed ?? {});
      if (found?.scheduling) setScheduling(request, found.scheduling);
    },
    async validate(request) {
      if (!isNewPod(request)) return;
      const { spec } = request.object as Pod;
      const overhead = (await classOf(request))?.overhead;
      if (!overhead && spec?.overhead)
        throw refused(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
      if (overhead && !sameOverhead(spec?.overhead, overhead.podFixed)) throw refused(request, MISMATCH);
    },
  };
}

type Quantities = Record<string, string>;

const sameOverhead = (left: Quantities | undefined, right: Quantities | undefined): boolean =>
  sameAmounts(amountsOf(left), amountsOf(right));

function setOverhead(request: AdmissionRequest, fixed: Quantities): void {
  const { spec } = request.object as Pod;
  if (!spec) return;
  if (spec.overhead && !sameOverhead(spec.overhead, fixed)) throw refused(request, MISMATCH);
  spec.overhead = { ...fixed };
}

function setScheduling(request: AdmissionRequest, scheduling: NonNullable<RuntimeClass['scheduling']>): void {
  const { spec } = request.object as Pod;
  if (!spec) return;
  const { nodeSelector = {}, tolerations = [] } = scheduling;
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value)
      throw refused(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
  const merged = mergeTolerations(spec.tolerations ?? [], tolerations);
  if (merged.length > 0) spec.tolerations = merged;
}
