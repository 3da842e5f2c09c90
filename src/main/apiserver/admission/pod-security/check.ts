import type { Container, PodTemplateSpec } from '../../../../shared/api/kinds.ts';

export type PodSpec = NonNullable<PodTemplateSpec['spec']>;
export type PodMeta = NonNullable<PodTemplateSpec['metadata']>;

/** Why a pod is not allowed: in a word, and with the places. */
export interface Violation {
  reason: string;
  detail: string;
}

/** What a version of a check finds wrong with a pod; undefined when nothing is. */
export type CheckPod = (metadata: PodMeta, spec: PodSpec) => Violation | undefined;

/** One rule of the Pod Security Standards (policy.Check). */
export interface Check {
  id: string;
  level: 'baseline' | 'restricted';
  /** By the minor version they hold from, oldest first. */
  versions: readonly { since: number; check: CheckPod }[];
  /** Checks of baseline that this one includes. */
  overrides?: readonly string[];
}

type AnyContainer = Pick<Container, 'name' | 'securityContext' | 'ports'> &
  Pick<Container, 'livenessProbe' | 'readinessProbe' | 'startupProbe' | 'lifecycle'>;

/** Every container of a pod: init, ordinary and ephemeral ones (policy.visitContainers). */
export const containersOf = (spec: PodSpec): AnyContainer[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
  ...(spec.ephemeralContainers ?? []),
];

/** Names of the containers for which something holds. */
export const namesWhere = (spec: PodSpec, holds: (container: AnyContainer) => boolean): string[] =>
  containersOf(spec)
    .filter(holds)
    .map(({ name }) => name);

/** Windows has no such thing: the check does not apply from this version on. */
export const unlessWindows =
  (check: CheckPod): CheckPod =>
  (metadata, spec) =>
    spec.os?.name === 'windows' ? undefined : check(metadata, spec);
