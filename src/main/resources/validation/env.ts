import type { Container } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue, notSupported, required } from './fields.ts';
import { configMapKey, dns1123Subdomain, envVarName, qualifiedName } from './names.ts';

type EnvVar = NonNullable<Container['env']>[number];
type EnvSource = NonNullable<EnvVar['valueFrom']>;
type EnvFrom = NonNullable<Container['envFrom']>[number];

/** What the downward API can put into a variable. */
const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** What it can put into a volume file. */
export const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

const RESOURCES = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/;

export function validateEnv(variables: readonly EnvVar[], field: string): FieldError[] {
  return variables.flatMap((variable, index) => {
    const at = `${field}[${index}]`;
    const name = variable.name
      ? complaintsAbout(`${at}.name`, variable.name, envVarName(variable.name))
      : [required(`${at}.name`)];
    return variable.valueFrom
      ? [...name, ...validateSource(variable.valueFrom, `${at}.valueFrom`, Boolean(variable.value))]
      : name;
  });
}

function validateSource(source: EnvSource, field: string, hasValue: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef) errors.push(...validateFieldPath(fieldRef.fieldPath, `${field}.fieldRef`, ENV_FIELDS));
  if (resourceFieldRef) errors.push(...validateResourceField(resourceFieldRef.resource, `${field}.resourceFieldRef`));
  if (configMapKeyRef) errors.push(...validateKeyRef(configMapKeyRef, `${field}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...validateKeyRef(secretKeyRef, `${field}.secretKeyRef`));
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(Boolean).length;
  if (sources === 0) {
    errors.push(
      invalidValue(
        field,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      ),
    );
  } else if (hasValue) errors.push(invalidValue(field, '', 'may not be specified when `value` is not empty'));
  else if (sources > 1) errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
  return errors;
}

/** `metadata.labels['key']` names one label; other paths are taken whole. */
export function validateFieldPath(path: string | undefined, field: string, supported: readonly string[]): FieldError[] {
  if (!path) return [required(`${field}.fieldPath`)];
  const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(path);
  if (subscript) return complaintsAbout(field, subscript[2], qualifiedName((subscript[2] ?? '').toLowerCase()));
  return supported.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, supported)];
}

export function validateResourceField(resource: string | undefined, field: string): FieldError[] {
  if (!resource) return [required(`${field}.resource`)];
  if (RESOURCES.test(resource)) return [];
  const supported = ['limits', 'requests'].flatMap((side) =>
    ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${side}.${name}`),
  );
  return [notSupported(`${field}.resource`, resource, supported)];
}

function validateKeyRef(reference: { name?: string; key?: string }, field: string): FieldError[] {
  const errors: FieldError[] = reference.name
    ? complaintsAbout(`${field}.name`, reference.name, dns1123Subdomain(reference.name))
    : [required(`${field}.name`)];
  if (!reference.key) return [...errors, required(`${field}.key`)];
  return [...errors, ...complaintsAbout(`${field}.key`, reference.key, configMapKey(reference.key))];
}

export function validateEnvFrom(sources: readonly EnvFrom[], field: string): FieldError[] {
  return sources.flatMap((source, index) => {
    const at = `${field}[${index}]`;
    const errors = source.prefix ? complaintsAbout(`${at}.prefix`, source.prefix, envVarName(source.prefix)) : [];
    for (const name of ['configMapRef', 'secretRef'] as const) {
      const reference = source[name];
      if (!reference) continue;
      if (!reference.name) errors.push(required(`${at}.${name}.name`));
      else errors.push(...complaintsAbout(`${at}.${name}.name`, reference.name, dns1123Subdomain(reference.name)));
    }
    const count = [source.configMapRef, source.secretRef].filter(Boolean).length;
    if (count === 0) errors.push(invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (count > 1) errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}
