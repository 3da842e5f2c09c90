import type { PodSpec } from '../defaults/pod-spec-defaults.ts';
import { validateContainers, validateInitContainers } from './containers.ts';
import { validateEphemeralContainers } from './ephemeral-containers.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue, oneOf, required, requiredOneOf } from './fields.ts';
import { validateLabels } from './metadata.ts';
import { dns1123Label, dns1123Subdomain, ipAddress, qualifiedName } from './names.ts';
import { validateAffinity, validateSpread, validateTolerations } from './scheduling.ts';
import { validatePodSecurityContext } from './security-context.ts';
import { validateVolumes } from './volumes.ts';

const LARGEST_DEADLINE = 2 ** 31 - 1;

/** A pod spec after defaults, in a pod and in a template alike (core/validation ValidatePodSpec). */
export function validatePodSpec(spec: PodSpec | undefined, field: string): FieldError[] {
  // Go has an empty struct where JSON has nothing, so what is missing first is a container.
  if (!spec) return [required(`${field}.containers`)];
  const context = {
    volumeNames: new Set((spec.volumes ?? []).map(({ name }) => name)),
    hostNetwork: spec.hostNetwork === true,
  };
  const containers = spec.containers ?? [];
  return [
    ...validateVolumes(spec.volumes ?? [], `${field}.volumes`),
    ...validateContainers(containers, `${field}.containers`, context),
    ...validateInitContainers(spec.initContainers ?? [], containers, `${field}.initContainers`, context),
    ...validateEphemeralContainers(spec, `${field}.ephemeralContainers`, context),
    ...requiredOneOf(`${field}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...requiredOneOf(`${field}.dnsPolicy`, spec.dnsPolicy, [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
    ...validateDns(spec, field),
    ...validateLabels(`${field}.nodeSelector`, spec.nodeSelector),
    ...validateNames(spec, field),
    ...validateNumbers(spec, field),
    ...validatePodSecurityContext(spec.securityContext, `${field}.securityContext`),
    ...validateAffinity(spec.affinity, `${field}.affinity`),
    ...validateTolerations(spec.tolerations ?? [], `${field}.tolerations`),
    ...validateSpread(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`),
    ...(spec.hostAliases ?? []).flatMap(({ ip = '', hostnames = [] }, index) => [
      ...complaintsAbout(`${field}.hostAliases[${index}].ip`, ip, ipAddress(ip)),
      ...hostnames.flatMap((name, at) =>
        complaintsAbout(`${field}.hostAliases[${index}].hostnames[${at}]`, name, dns1123Subdomain(name)),
      ),
    ]),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType = '' }, index) =>
      complaintsAbout(`${field}.readinessGates[${index}].conditionType`, conditionType, qualifiedName(conditionType)),
    ),
    ...(spec.schedulingGates ?? []).flatMap(({ name = '' }, index) =>
      complaintsAbout(`${field}.schedulingGates[${index}].name`, name, qualifiedName(name)),
    ),
    ...oneOf(`${field}.preemptionPolicy`, spec.preemptionPolicy, ['PreemptLowerPriority', 'Never']),
  ];
}

function validateNames(spec: PodSpec, field: string): FieldError[] {
  const check = (name: 'serviceAccountName' | 'nodeName' | 'priorityClassName' | 'runtimeClassName'): FieldError[] =>
    spec[name] ? complaintsAbout(`${field}.${name}`, spec[name], dns1123Subdomain(spec[name])) : [];
  const label = (name: 'hostname' | 'subdomain'): FieldError[] =>
    spec[name] ? complaintsAbout(`${field}.${name}`, spec[name], dns1123Label(spec[name])) : [];
  return [
    ...check('serviceAccountName'),
    ...check('nodeName'),
    ...check('priorityClassName'),
    ...check('runtimeClassName'),
    ...label('hostname'),
    ...label('subdomain'),
  ];
}

function validateNumbers(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const grace = spec.terminationGracePeriodSeconds;
  if (grace === undefined) errors.push(required(`${field}.terminationGracePeriodSeconds`));
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > LARGEST_DEADLINE)) {
    errors.push(
      invalidValue(`${field}.activeDeadlineSeconds`, deadline, `must be between 1 and ${LARGEST_DEADLINE}, inclusive`),
    );
  }
  return errors;
}

function validateDns({ dnsPolicy, dnsConfig }: PodSpec, field: string): FieldError[] {
  const servers = dnsConfig?.nameservers ?? [];
  const errors = servers.flatMap((server, index) =>
    complaintsAbout(`${field}.dnsConfig.nameservers[${index}]`, server, ipAddress(server)),
  );
  if (servers.length > 3) {
    errors.push(invalidValue(`${field}.dnsConfig.nameservers`, servers, 'must not have more than 3 nameservers'));
  }
  if (dnsPolicy === 'None' && servers.length === 0) {
    errors.push(
      required(`${field}.dnsConfig.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
    );
  }
  return errors;
}
