import type { Container } from '../../../shared/api/kinds.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import type { FieldError } from './field-error.ts';
import {
  complaintsAbout,
  duplicatesIn,
  forbiddenField,
  invalidValue,
  oneOf,
  required,
  requiredOneOf,
} from './fields.ts';
import { dns1123Label, portName, portNumber } from './names.ts';
import { validateLifecycle, validateProbes } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateSecurityContext } from './security-context.ts';
import { validateVolumeMounts } from './volume-mounts.ts';

type Port = NonNullable<Container['ports']>[number];

/** What rules about containers need to know of the rest of the pod. */
export interface ContainerContext {
  volumeNames: ReadonlySet<string>;
  hostNetwork: boolean;
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** `spec.containers` (core/validation ValidateContainers). */
export function validateContainers(
  containers: readonly Container[],
  field: string,
  context: ContainerContext,
): FieldError[] {
  if (containers.length === 0) return [required(field)];
  return [
    ...containers.flatMap((container, index) => validateContainer(container, `${field}[${index}]`, context)),
    ...containers.flatMap((container, index) => mainContainerOnly(container, `${field}[${index}]`)),
    ...duplicatesIn(
      containers,
      ({ name }) => name,
      (index) => `${field}[${index}].name`,
    ),
    ...hostPortConflicts(containers, field),
  ];
}

/** `spec.initContainers`: a sidecar (`restartPolicy: Always`) may do what others may not. */
export function validateInitContainers(
  containers: readonly Container[],
  others: readonly Container[],
  field: string,
  context: ContainerContext,
): FieldError[] {
  const taken = new Set(others.map(({ name }) => name));
  return containers.flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const errors = validateContainer(container, at, context);
    const repeated = taken.has(container.name);
    taken.add(container.name);
    if (repeated) errors.push({ type: 'Duplicate', field: `${at}.name`, value: container.name, detail: '' });
    errors.push(...oneOf(`${at}.restartPolicy`, container.restartPolicy, ['Always']));
    if (container.restartPolicy === 'Always') return errors;
    for (const part of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[part]) {
        errors.push(forbiddenField(`${at}.${part}`, 'may not be set for init containers without restartPolicy=Always'));
      }
    }
    return errors;
  });
}

function mainContainerOnly(container: Container, field: string): FieldError[] {
  // Container restart rules are alpha in 1.34 and off.
  return container.restartPolicy === undefined
    ? []
    : [forbiddenField(`${field}.restartPolicy`, 'may not be set for non-init containers')];
}

/** What holds for containers of every sort (validateContainerCommon). */
export function validateContainer(container: Container, field: string, context: ContainerContext): FieldError[] {
  const errors: FieldError[] = [];
  if (!container.name) errors.push(required(`${field}.name`));
  else errors.push(...complaintsAbout(`${field}.name`, container.name, dns1123Label(container.name)));
  if (!container.image) errors.push(required(`${field}.image`));
  else if (container.image !== container.image.trim()) {
    errors.push(invalidValue(`${field}.image`, container.image, 'must not have leading or trailing whitespace'));
  }
  return [
    ...errors,
    ...requiredOneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...requiredOneOf(`${field}.terminationMessagePolicy`, container.terminationMessagePolicy, [
      'FallbackToLogsOnError',
      'File',
    ]),
    ...validatePorts(container.ports ?? [], `${field}.ports`, context.hostNetwork),
    ...validateEnv(container.env ?? [], `${field}.env`),
    ...validateEnvFrom(container.envFrom ?? [], `${field}.envFrom`),
    ...validateVolumeMounts(container.volumeMounts ?? [], `${field}.volumeMounts`, context.volumeNames),
    ...validateLifecycle(container.lifecycle, `${field}.lifecycle`),
    ...validateProbes(container, field),
    ...validateResources(container.resources, `${field}.resources`),
    ...validateSecurityContext(container.securityContext, `${field}.securityContext`),
  ];
}

function validatePorts(ports: readonly Port[], field: string, hostNetwork: boolean): FieldError[] {
  return [
    ...ports.flatMap((port, index) => validatePort(port, `${field}[${index}]`, hostNetwork)),
    ...duplicatesIn(
      ports,
      ({ name }) => name,
      (index) => `${field}[${index}].name`,
    ),
  ];
}

function validatePort(port: Port, field: string, hostNetwork: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (port.name) errors.push(...complaintsAbout(`${field}.name`, port.name, portName(port.name)));
  if (!port.containerPort) errors.push(required(`${field}.containerPort`));
  else errors.push(...complaintsAbout(`${field}.containerPort`, port.containerPort, portNumber(port.containerPort)));
  if (port.hostPort) {
    errors.push(...complaintsAbout(`${field}.hostPort`, port.hostPort, portNumber(port.hostPort)));
    if (hostNetwork && port.hostPort !== port.containerPort) {
      errors.push(
        invalidValue(`${field}.containerPort`, port.containerPort, 'must match `hostPort` when `hostNetwork` is true'),
      );
    }
  }
  return [...errors, ...requiredOneOf(`${field}.protocol`, port.protocol, PROTOCOLS)];
}

/** Two containers of one pod cannot have the same port of the machine. */
function hostPortConflicts(containers: readonly Container[], field: string): FieldError[] {
  const ports = containers.flatMap((container, at) =>
    (container.ports ?? []).map((port, index) => ({ port, field: `${field}[${at}].ports[${index}].hostPort` })),
  );
  return duplicatesIn(
    ports,
    ({ port }) => (port.hostPort ? `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}` : undefined),
    (index) => ports[index]?.field ?? field,
  );
}
