import { containersOf, namesWhere, type Check, type CheckPod } from './check.ts';
import { containersNamed, joinQuoted, pluralize, setters, sortedSet } from './words.ts';

/** Checks of the profiles a kernel confines containers with: AppArmor and seccomp. */

const CONFINING = ['RuntimeDefault', 'Localhost'];
const isUnconfining = (type: string | undefined): boolean => type !== undefined && !CONFINING.includes(type);

const APP_ARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

export const appArmorProfile: Check = {
  id: 'appArmorProfile',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check: ({ annotations = {} }, spec) => {
        const forPod = spec.securityContext?.appArmorProfile?.type;
        const bad = containersOf(spec).filter(({ securityContext }) =>
          isUnconfining(securityContext?.appArmorProfile?.type),
        );
        const types = [forPod, ...bad.map(({ securityContext }) => securityContext?.appArmorProfile?.type)];
        const annotated = Object.entries(annotations)
          .filter(
            ([key, value]) =>
              key.startsWith(APP_ARMOR_ANNOTATION) &&
              !(value === '' || value === 'runtime/default' || value.startsWith('localhost/')),
          )
          .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
          .sort();
        const who = [
          ...(isUnconfining(forPod) ? ['pod'] : []),
          ...(bad.length > 0 ? [containersNamed(bad.map(({ name }) => name))] : []),
          ...(annotated.length > 0 ? [pluralize('annotation', 'annotations', annotated.length)] : []),
        ];
        if (who.length === 0) return undefined;
        const values = [
          ...sortedSet(types.flatMap((type) => (type !== undefined && isUnconfining(type) ? [type] : []))),
          ...annotated,
        ];
        return {
          reason: pluralize('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length),
          detail: `${who.join(' and ')} must not set AppArmor profile type to ${joinQuoted(values)}`,
        };
      },
    },
  ],
};

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

/** Until 1.18 seccomp was set by annotations. */
export const seccompBaselineAnnotations: CheckPod = ({ annotations = {} }, spec) => {
  const keys = [SECCOMP_POD, ...containersOf(spec).map(({ name }) => SECCOMP_CONTAINER + name)];
  const bad = keys.flatMap((key) => {
    const value = annotations[key];
    const allowed =
      value === undefined ||
      value === 'runtime/default' ||
      value === 'docker/default' ||
      value.startsWith('localhost/');
    return allowed ? [] : [`${key}=${JSON.stringify(value)}`];
  });
  const values = sortedSet(bad);
  return values.length === 0
    ? undefined
    : {
        reason: 'seccompProfile',
        detail: `forbidden ${pluralize('annotation', 'annotations', values.length)} ${values.join(', ')}`,
      };
};

/** A profile that confines, or none said. */
export const seccompBaseline: CheckPod = (_metadata, spec) => {
  const forPod = spec.securityContext?.seccompProfile?.type;
  const bad = containersOf(spec).filter(({ securityContext }) => isUnconfining(securityContext?.seccompProfile?.type));
  if (!isUnconfining(forPod) && bad.length === 0) return undefined;
  const types = [forPod, ...bad.map(({ securityContext }) => securityContext?.seccompProfile?.type)];
  const values = sortedSet(types.flatMap((type) => (type !== undefined && isUnconfining(type) ? [type] : [])));
  const who = setters(
    isUnconfining(forPod),
    bad.map(({ name }) => name),
  );
  return {
    reason: 'seccompProfile',
    detail: `${who} must not set securityContext.seccompProfile.type to ${joinQuoted(values)}`,
  };
};

/** A profile that confines, said by the pod or by every container. */
export const seccompRestricted: CheckPod = (metadata, spec) => {
  const wrong = seccompBaseline(metadata, spec);
  if (wrong || spec.securityContext?.seccompProfile) return wrong;
  const silent = namesWhere(spec, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  return silent.length === 0
    ? undefined
    : {
        reason: 'seccompProfile',
        detail: `pod or ${containersNamed(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      };
};
