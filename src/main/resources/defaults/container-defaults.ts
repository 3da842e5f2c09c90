import type { Container, Pod } from '../../../shared/api/kinds.ts';

/** Defaults of containers and their parts (k8s.io/kubernetes pkg/apis/core/v1/defaults.go). All change their argument. */

type Probe = NonNullable<Container['livenessProbe']>;
type HttpGet = NonNullable<Probe['httpGet']>;
type EphemeralContainer = NonNullable<NonNullable<Pod['spec']>['ephemeralContainers']>[number];

export function setContainerDefaults(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? '');
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.resources ??= {};
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef) variable.valueFrom.fieldRef.apiVersion ||= 'v1';
    if (variable.valueFrom?.resourceFieldRef) variable.valueFrom.resourceFieldRef.divisor ??= '0';
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) setProbeDefaults(probe);
  }
  if (container.lifecycle?.postStart?.httpGet) setHttpGetDefaults(container.lifecycle.postStart.httpGet);
  if (container.lifecycle?.preStop?.httpGet) setHttpGetDefaults(container.lifecycle.preStop.httpGet);
}

/** `:latest` or no tag is pulled each time; any other tag, and a digest alone, when it is not there. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const [reference = '', digest] = image.split('@');
  // A colon before the last slash belongs to the registry's port.
  const [, tag] = reference.slice(reference.lastIndexOf('/') + 1).split(':');
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
}

function setProbeDefaults(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet) setHttpGetDefaults(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function setHttpGetDefaults(action: HttpGet): void {
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}

/** A container with a limit and no request asks for as much as it may use. Done for pods, not for templates. */
export function setRequestsFromLimits(container: Container): void {
  const limits = container.resources?.limits;
  if (!limits || !container.resources) return;
  container.resources.requests = { ...limits, ...container.resources.requests };
}
