import type { Container } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, forbiddenField, invalidValue, nonNegative, required, requiredOneOf } from './fields.ts';
import { portName, portNumber } from './names.ts';

type Probe = NonNullable<Container['livenessProbe']>;
type Lifecycle = NonNullable<Container['lifecycle']>;
type Handler = NonNullable<Lifecycle['postStart']>;

export function validateProbes(container: Container, field: string): FieldError[] {
  return [
    ...validateProbe(container.livenessProbe, `${field}.livenessProbe`, { onlyOneSuccess: true }),
    ...validateProbe(container.readinessProbe, `${field}.readinessProbe`, { onlyOneSuccess: false }),
    ...validateProbe(container.startupProbe, `${field}.startupProbe`, { onlyOneSuccess: true }),
  ];
}

function validateProbe(probe: Probe | undefined, field: string, rule: { onlyOneSuccess: boolean }): FieldError[] {
  if (!probe) return [];
  const errors = validateHandler(probe, field);
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    errors.push(...nonNegative(`${field}.${name}`, probe[name]));
  }
  if (rule.onlyOneSuccess && probe.successThreshold !== 1) {
    errors.push(invalidValue(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined) {
    if (!rule.onlyOneSuccess) {
      errors.push(invalidValue(`${field}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'));
    } else if (grace <= 0) {
      errors.push(invalidValue(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
    }
  }
  return errors;
}

export function validateLifecycle(lifecycle: Lifecycle | undefined, field: string): FieldError[] {
  return [
    ...(lifecycle?.postStart ? validateHandler(lifecycle.postStart, `${field}.postStart`) : []),
    ...(lifecycle?.preStop ? validateHandler(lifecycle.preStop, `${field}.preStop`) : []),
  ];
}

/** Exactly one of exec, httpGet, tcpSocket, grpc (probes) and sleep (hooks). */
function validateHandler(handler: Handler | Probe, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  const found = (name: string, validate: () => FieldError[]): void => {
    count += 1;
    if (count > 1) errors.push(forbiddenField(`${field}.${name}`, 'may not specify more than 1 handler type'));
    else errors.push(...validate());
  };
  const { exec, httpGet, tcpSocket } = handler;
  if (exec) found('exec', () => (exec.command?.length ? [] : [required(`${field}.exec.command`)]));
  if (httpGet) {
    found('httpGet', () => [
      ...(httpGet.path ? [] : [required(`${field}.httpGet.path`)]),
      ...validatePort(httpGet.port, `${field}.httpGet.port`),
      ...requiredOneOf(`${field}.httpGet.scheme`, httpGet.scheme, ['HTTP', 'HTTPS']),
      ...(httpGet.httpHeaders ?? []).flatMap(({ name }, index) =>
        /^[-A-Za-z0-9]+$/.test(name)
          ? []
          : [
              invalidValue(
                `${field}.httpGet.httpHeaders[${index}]`,
                name,
                "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
              ),
            ],
      ),
    ]);
  }
  if (tcpSocket) found('tcpSocket', () => validatePort(tcpSocket.port, `${field}.tcpSocket.port`));
  if ('grpc' in handler && handler.grpc) {
    const { port } = handler.grpc;
    found('grpc', () => validatePort(port, `${field}.grpc.port`));
  }
  if ('sleep' in handler && handler.sleep) {
    const { seconds } = handler.sleep;
    found('sleep', () => nonNegative(`${field}.sleep.seconds`, seconds));
  }
  if (count === 0) errors.push(required(field, 'must specify a handler type'));
  return errors;
}

function validatePort(port: number | string | undefined, field: string): FieldError[] {
  if (typeof port === 'string') return complaintsAbout(field, port, portName(port));
  return complaintsAbout(field, port ?? 0, portNumber(port ?? 0));
}
