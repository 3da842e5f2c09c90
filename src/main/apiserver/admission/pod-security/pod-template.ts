import type { KubeObject } from '../../../../shared/api/meta.ts';
import type { CronJob, Pod, PodTemplate, PodTemplateSpec } from '../../../../shared/api/kinds.ts';

/** Kinds whose pods look like a template in their spec. */
const WITH_TEMPLATE: ReadonlySet<string> = new Set([
  '/replicationcontrollers',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
]);

/** Whether objects of this kind say what pods look like (DefaultPodSpecExtractor). */
export const hasPodTemplate = (type: { group: string; plural: string }): boolean => {
  const id = `${type.group}/${type.plural}`;
  return id === '/pods' || id === '/podtemplates' || id === 'batch/cronjobs' || WITH_TEMPLATE.has(id);
};

/** The pod an object is or makes; undefined when it says nothing of one. */
export function podTemplateOf(
  type: { group: string; plural: string },
  object: KubeObject,
): PodTemplateSpec | undefined {
  switch (`${type.group}/${type.plural}`) {
    case '/pods':
      return object as Pod as PodTemplateSpec;
    case '/podtemplates':
      return (object as PodTemplate).template;
    case 'batch/cronjobs':
      return (object as CronJob).spec?.jobTemplate.spec?.template;
    default:
      return (object as { spec?: { template?: PodTemplateSpec } }).spec?.template;
  }
}
