import { SECRETS, type Secret } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import { setOwn } from '../decode/json-value.ts';
import type { KindDefinition } from '../definition.ts';
import { dataBytes, MAX_DATA_BYTES, validateImmutableData, validateKeys } from '../validation/data-keys.ts';
import type { FieldError } from '../validation/field-error.ts';
import { immutable, invalidValue, required, tooLong } from '../validation/fields.ts';

const SCHEMA = 'io.k8s.api.core.v1.Secret';
const REDACTED = '<secret contents redacted>';
const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name';

/** `stringData` is write-only: its values become `data`, over what is there. */
function mergeStringData(secret: Secret): void {
  for (const [key, value] of Object.entries(secret.stringData ?? {})) {
    secret.data ??= {};
    setOwn(secret.data, key, Buffer.from(value).toString('base64'));
  }
  delete secret.stringData;
}

function validateSecret(secret: Secret): FieldError[] {
  const data = secret.data ?? {};
  return [
    ...validateKeys('data', data),
    ...(dataBytes(data, 'base64') > MAX_DATA_BYTES ? [tooLong('data', MAX_DATA_BYTES)] : []),
    ...validateType(secret, data),
  ];
}

/** What the built-in types promise to whoever reads them. */
function validateType(secret: Secret, data: Readonly<Record<string, string>>): FieldError[] {
  const need = (...keys: string[]): FieldError[] =>
    keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      return secret.metadata?.annotations?.[SERVICE_ACCOUNT_NAME]
        ? []
        : [required(`metadata.annotations[${SERVICE_ACCOUNT_NAME}]`)];
    case 'kubernetes.io/dockercfg':
      return [...need('.dockercfg'), ...validateJson('.dockercfg', data)];
    case 'kubernetes.io/dockerconfigjson':
      return [...need('.dockerconfigjson'), ...validateJson('.dockerconfigjson', data)];
    case 'kubernetes.io/basic-auth':
      return Object.hasOwn(data, 'username') || Object.hasOwn(data, 'password') ? [] : need('username', 'password');
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')];
    case 'kubernetes.io/tls':
      return need('tls.crt', 'tls.key');
    default:
      return [];
  }
}

function validateJson(key: string, data: Readonly<Record<string, string>>): FieldError[] {
  const encoded = data[key];
  if (encoded === undefined) return [];
  try {
    JSON.parse(Buffer.from(encoded, 'base64').toString());
    return [];
  } catch (error) {
    // The parser's own words would quote the secret.
    if (error instanceof SyntaxError) return [invalidValue(`data[${key}]`, REDACTED, 'must be valid JSON')];
    throw error;
  }
}

export const secretKind: KindDefinition<Secret> = {
  type: SECRETS,
  singular: 'secret',
  shortNames: [],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults(secret) {
    mergeStringData(secret);
    secret.type ||= 'Opaque';
  },
  validate: validateSecret,
  validateUpdate: (secret, old) => [
    ...immutable('type', secret.type, old.type),
    ...validateImmutableData(secret, old, ['data']),
  ],
  selectableFields: { type: (secret) => secret.type ?? '' },
  columns: [
    nameColumn(),
    column('Type', 'string', fieldDoc(SCHEMA, 'type'), (secret) => secret.type ?? ''),
    column('Data', 'integer', fieldDoc(SCHEMA, 'data'), (secret) => Object.keys(secret.data ?? {}).length),
    ageColumn(),
  ],
};
