import { PODS, PRIORITY_CLASSES, type Pod, type PriorityClass } from '../../../shared/api/kinds.ts';
import type { Views } from '../views/views.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';
import { concerns, refused } from './refuse.ts';

/** What pods have when no class is the default. */
const NO_CLASS: PriorityClass = { metadata: { name: '' }, value: 0, preemptionPolicy: 'PreemptLowerPriority' };

/** Pods have the priority of their PriorityClass, or of the default one; there is one default (plugin/priority). */
export function priority(views: Views): AdmissionPlugin {
  return {
    name: 'Priority',
    async mutate(request) {
      if (!concerns(request, PODS)) return;
      if (request.operation === 'UPDATE') keepPriority(request.object as Pod, request.old as Pod);
      if (request.operation !== 'CREATE') return;
      const classes = await views.of(PRIORITY_CLASSES);
      const { spec } = request.object as Pod;
      const name = spec?.priorityClassName;
      const found = name ? classes.get('', name) : (defaultAmong(classes.list()) ?? NO_CLASS);
      if (!found) throw refused(request, `no PriorityClass with name ${name ?? ''} was found`);
      setPriority(request, found);
    },
    async validate(request) {
      if (!concerns(request, PRIORITY_CLASSES) || request.operation === 'DELETE') return;
      const item = request.object as PriorityClass;
      if (!item.globalDefault) return;
      const other = defaultAmong((await views.of(PRIORITY_CLASSES)).list());
      const otherName = other?.metadata?.name;
      if (other && (request.operation === 'CREATE' || otherName !== item.metadata?.name))
        throw refused(
          request,
          `PriorityClass ${otherName ?? ''} is already marked as default. Only one default can exist`,
        );
    },
  };
}

/** Should there be several defaults after all, the lowest one counts. */
function defaultAmong(classes: readonly PriorityClass[]): PriorityClass | undefined {
  return classes
    .filter(({ globalDefault }) => globalDefault)
    .reduce<PriorityClass | undefined>(
      (lowest, item) => (lowest && (lowest.value ?? 0) <= (item.value ?? 0) ? lowest : item),
      undefined,
    );
}

function setPriority(request: AdmissionRequest, { metadata, value = 0, preemptionPolicy }: PriorityClass): void {
  const { spec } = request.object as Pod;
  if (!spec) return;
  if (spec.priority !== undefined && spec.priority !== value)
    throw refused(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  if (preemptionPolicy && spec.preemptionPolicy && spec.preemptionPolicy !== preemptionPolicy)
    throw refused(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  if (metadata?.name) spec.priorityClassName = metadata.name;
  spec.priority = value;
  if (preemptionPolicy) spec.preemptionPolicy = preemptionPolicy;
}

/** A client that does not know these fields leaves them out; that does not take them away. */
function keepPriority({ spec }: Pod, { spec: old }: Pod): void {
  if (!spec || !old) return;
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined)
    spec.preemptionPolicy = old.preemptionPolicy;
}
