import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../../shared/api/kinds.ts';

/** How kubectl changes Deployments, as patches; pure. */

const REVISION = 'deployment.kubernetes.io/revision';
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const TEMPLATE_HASH = 'pod-template-hash';

/** `kubectl rollout restart`: a merge patch. Null takes the annotation back, and with it the new ReplicaSet. */
export function restartPatch(at: string | null): unknown {
  return { spec: { template: { metadata: { annotations: { [RESTARTED_AT]: at } } } } };
}

export function restartedAt(deployment: Deployment): string | null {
  return deployment.spec?.template.metadata?.annotations?.[RESTARTED_AT] ?? null;
}

/** `kubectl set image`: a strategic merge patch, containers by name. */
export function imagePatch(images: Readonly<Record<string, string>>): unknown {
  const containers = Object.entries(images).map(([name, image]) => ({ name, image }));
  return { spec: { template: { spec: { containers } } } };
}

/** The images of a Deployment's containers by container name. */
export function imagesOf(deployment: Deployment): Record<string, string> {
  const containers = deployment.spec?.template.spec?.containers ?? [];
  return Object.fromEntries(containers.map((container) => [container.name, container.image ?? '']));
}

/** One revision a Deployment can be rolled back to. */
export interface Revision {
  number: number;
  replicaSet: string;
  template: PodTemplateSpec;
  createdAt: string;
  changeCause?: string;
  /** It is the template that the Deployment has now. */
  current: boolean;
}

/** The template of a ReplicaSet as the Deployment had it: without the hash label that its controller added. */
export function templateOf(replicaSet: ReplicaSet): PodTemplateSpec {
  const template = structuredClone(replicaSet.spec?.template ?? {});
  if (template.metadata?.labels) {
    const { [TEMPLATE_HASH]: _, ...labels } = template.metadata.labels;
    template.metadata.labels = labels;
  }
  return template;
}

/** Revisions of a Deployment among ReplicaSets, newest first. */
export function revisionsOf(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Revision[] {
  const uid = deployment.metadata?.uid;
  const current = deployment.metadata?.annotations?.[REVISION];
  return replicaSets
    .filter((set) => set.metadata?.ownerReferences?.some((owner) => owner.uid === uid && owner.controller))
    .flatMap((set) => {
      const number = set.metadata?.annotations?.[REVISION];
      if (number === undefined) return [];
      const changeCause = set.metadata?.annotations?.['kubernetes.io/change-cause'];
      return [
        {
          number: Number(number),
          replicaSet: set.metadata?.name ?? '',
          template: templateOf(set),
          createdAt: set.metadata?.creationTimestamp ?? '',
          ...(changeCause ? { changeCause } : {}),
          current: number === current,
        },
      ];
    })
    .sort((a, b) => b.number - a.number);
}

/** `kubectl rollout undo`: a JSON patch that puts the whole template in place. */
export function templatePatch(template: PodTemplateSpec): unknown {
  return [{ op: 'replace', path: '/spec/template', value: template }];
}
