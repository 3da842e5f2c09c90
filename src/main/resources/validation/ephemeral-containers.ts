import type { Container, Pod } from '../../../shared/api/kinds.ts';
import { equalJson } from '../decode/json-value.ts';
import type { PodSpec } from '../defaults/pod-spec-defaults.ts';
import { validateContainer, type ContainerContext } from './containers.ts';
import type { FieldError } from './field-error.ts';
import { duplicate, forbiddenField, notFoundField } from './fields.ts';

type EphemeralContainer = NonNullable<PodSpec['ephemeralContainers']>[number];

const NOT_HERE = 'cannot be set for an Ephemeral Container';
const MIRROR = 'kubernetes.io/config.mirror';
/** What a container that came to look may have (allowedEphemeralContainerFields), besides what says whom it looks at. */
const ALLOWED: ReadonlySet<string> = new Set([
  ...['name', 'image', 'command', 'args', 'workingDir', 'envFrom', 'env', 'volumeMounts', 'volumeDevices'],
  ...['terminationMessagePath', 'terminationMessagePolicy', 'imagePullPolicy', 'securityContext', 'stdin'],
  ...['stdinOnce', 'tty', 'targetContainerName'],
]);

/** core/validation validateEphemeralContainers. */
export function validateEphemeralContainers(
  spec: Pick<PodSpec, 'containers' | 'initContainers' | 'ephemeralContainers'>,
  field: string,
  context: ContainerContext,
): FieldError[] {
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const { name, targetContainerName: target } = container;
    const again = names.has(name);
    names.add(name);
    return [
      ...validateContainer(container as Container, at, context),
      ...(again ? [duplicate(`${at}.name`, name)] : []),
      ...(target && !others.has(target) ? [notFoundField(`${at}.targetContainerName`, target)] : []),
      ...forbiddenFields(container, at),
    ];
  });
}

/** Ports, probes and the like are for what serves; subpaths outlive a container that comes and goes. */
function forbiddenFields(container: EphemeralContainer, field: string): FieldError[] {
  const isEmpty = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return [
    ...Object.entries(container)
      .filter(([name, value]) => !ALLOWED.has(name) && !isEmpty(value))
      .map(([name]) => forbiddenField(`${field}.${name}`, NOT_HERE)),
    ...(container.volumeMounts ?? []).flatMap((mount, index) =>
      (['subPath', 'subPathExpr'] as const)
        .filter((name) => mount[name])
        .map((name) => forbiddenField(`${field}.volumeMounts[${index}].${name}`, NOT_HERE)),
    ),
  ];
}

/** Ephemeral containers may be added, and stay as they are (ValidatePodEphemeralContainersUpdate). */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata?.annotations?.[MIRROR] !== undefined)
    return [forbiddenField('', 'static pods do not support ephemeral containers')];
  const field = 'spec.ephemeralContainers';
  return (old.spec?.ephemeralContainers ?? []).flatMap((before) => {
    const after = pod.spec?.ephemeralContainers?.find(({ name }) => name === before.name);
    const what = `existing ephemeral containers ${JSON.stringify(before.name)} may not be`;
    if (!after) return [forbiddenField(field, `${what} removed\n`)];
    return equalJson(after, before) ? [] : [forbiddenField(field, `${what} changed\n`)];
  });
}
