import type { Container, Pod, Toleration } from '../../../shared/api/kinds.ts';
import { equalJson, isJsonObject } from '../decode/json-value.ts';
import type { PodSpec } from '../defaults/pod-spec-defaults.ts';
import type { FieldError } from './field-error.ts';
import { forbiddenField, invalidValue } from './fields.ts';

const MAY_CHANGE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** What of a pod's spec may change after creation (core/validation ValidatePodUpdate). */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const spec: Partial<PodSpec> = pod.spec ?? {};
  const before: Partial<PodSpec> = old.spec ?? {};
  const counts = [
    ...sameCount(spec.containers, before.containers, 'containers'),
    ...sameCount(spec.initContainers, before.initContainers, 'initContainers'),
  ];
  // The rest compares containers one by one, which says nothing once their number differs.
  if (counts.length > 0) return counts;
  const gated = (before.schedulingGates ?? []).length > 0;
  const comparable: Partial<PodSpec> = {
    ...spec,
    containers: withImagesOf(spec.containers, before.containers),
    ...(spec.initContainers ? { initContainers: withImagesOf(spec.initContainers, before.initContainers) } : {}),
  };
  const always = ['activeDeadlineSeconds', 'tolerations', 'schedulingGates'] as const;
  const whileGated = ['nodeSelector', 'affinity'] as const;
  for (const field of [...always, ...(gated ? whileGated : [])]) copyField(comparable, before, field);
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    copyField(comparable, before, 'terminationGracePeriodSeconds');
  }
  const changed = differences(comparable, before, 'spec');
  return [
    ...validateDeadline(spec.activeDeadlineSeconds, before.activeDeadlineSeconds),
    ...validateAddedTolerations(spec.tolerations ?? [], before.tolerations ?? []),
    ...validateGates(spec, before),
    ...(changed.length > 0
      ? [
          forbiddenField(
            'spec',
            `pod updates may not change fields other than ${MAY_CHANGE}\n${changed.map((path) => `changed: ${path}`).join('\n')}`,
          ),
        ]
      : []),
  ];
}

function sameCount(now: unknown[] | undefined, before: unknown[] | undefined, name: string): FieldError[] {
  return (now ?? []).length === (before ?? []).length
    ? []
    : [forbiddenField(`spec.${name}`, 'pod updates may not add or remove containers')];
}

const withImagesOf = (containers: Container[] | undefined, before: Container[] | undefined): Container[] =>
  (containers ?? []).map((container, index) => {
    const image = before?.[index]?.image;
    return image === undefined ? container : { ...container, image };
  });

function copyField<K extends keyof PodSpec>(to: Partial<PodSpec>, from: Partial<PodSpec>, field: K): void {
  const value = from[field];
  if (value === undefined) Reflect.deleteProperty(to, field);
  else to[field] = value;
}

function validateDeadline(now: number | undefined, before: number | undefined): FieldError[] {
  if (before === undefined) return [];
  const field = 'spec.activeDeadlineSeconds';
  if (now === undefined) return [invalidValue(field, now, 'must not update from a positive integer to nil value')];
  return now > before ? [invalidValue(field, now, 'must be less than or equal to previous value')] : [];
}

/** Tolerations may be added, and how long an existing one lasts may change. */
function validateAddedTolerations(now: readonly Toleration[], before: readonly Toleration[]): FieldError[] {
  const withoutSeconds = ({ tolerationSeconds: _seconds, ...rest }: Toleration) => rest;
  const kept = before.every((old) =>
    now.some((toleration) => equalJson(withoutSeconds(toleration), withoutSeconds(old))),
  );
  return kept
    ? []
    : [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function validateGates(spec: Partial<PodSpec>, before: Partial<PodSpec>): FieldError[] {
  const known = new Set((before.schedulingGates ?? []).map(({ name }) => name));
  const added = (spec.schedulingGates ?? []).filter(({ name }) => !known.has(name));
  return added.length > 0
    ? [
        forbiddenField(
          'spec.schedulingGates',
          `only deletion is allowed, but found new scheduling gate '${added[0]?.name ?? ''}'`,
        ),
      ]
    : [];
}

/** Paths at which two values differ, at most ten. */
function differences(now: unknown, before: unknown, path: string): string[] {
  if (equalJson(now, before)) return [];
  if (Array.isArray(now) && Array.isArray(before) && now.length === before.length) {
    return now.flatMap((item, index) => differences(item, before[index], `${path}[${index}]`)).slice(0, 10);
  }
  if (!isJsonObject(now) || !isJsonObject(before)) return [path];
  const keys = [...new Set([...Object.keys(now), ...Object.keys(before)])];
  return keys.flatMap((key) => differences(now[key], before[key], `${path}.${key}`)).slice(0, 10);
}
