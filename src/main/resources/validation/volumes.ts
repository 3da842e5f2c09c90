import { parseQuantity } from '../../../shared/api/quantity.ts';
import type { PodSpec } from '../defaults/pod-spec-defaults.ts';
import { validateFieldPath, validateResourceField, VOLUME_FIELDS } from './env.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, duplicatesIn, forbiddenField, invalidValue, oneOf, required } from './fields.ts';
import { dns1123Label } from './names.ts';
import { validateLocalPath } from './volume-mounts.ts';

type Volume = NonNullable<PodSpec['volumes']>[number];
type KeyToPath = NonNullable<NonNullable<Volume['configMap']>['items']>[number];
type DownwardFile = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** `spec.volumes` (core/validation ValidateVolumes): names, exactly one source, and the sources we run. */
export function validateVolumes(volumes: readonly Volume[], field: string): FieldError[] {
  return [
    ...volumes.flatMap((volume, index) => validateVolume(volume, `${field}[${index}]`)),
    ...duplicatesIn(
      volumes,
      ({ name }) => name,
      (index) => `${field}[${index}].name`,
    ),
  ];
}

function validateVolume(volume: Volume, field: string): FieldError[] {
  const name = volume.name
    ? complaintsAbout(`${field}.name`, volume.name, dns1123Label(volume.name))
    : [required(`${field}.name`)];
  const [first, ...more] = Object.keys(volume).filter((key) => key !== 'name');
  if (first === undefined) return [...name, required(field, 'must specify a volume type')];
  return [
    ...name,
    ...validateSource(volume, field),
    ...more.map((source) => forbiddenField(`${field}.${source}`, 'may not specify more than 1 volume type')),
  ];
}

function validateSource(volume: Volume, field: string): FieldError[] {
  const { emptyDir, hostPath, configMap, secret, downwardAPI, projected, persistentVolumeClaim } = volume;
  if (emptyDir) {
    const limit = emptyDir.sizeLimit;
    return limit !== undefined && parseQuantity(limit) < 0
      ? [forbiddenField(`${field}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [];
  }
  if (hostPath) return validateHostPath(hostPath, `${field}.hostPath`);
  if (configMap) {
    return [
      ...(configMap.name ? [] : [required(`${field}.configMap.name`)]),
      ...validateMode(configMap.defaultMode, `${field}.configMap.defaultMode`),
      ...validateItems(configMap.items ?? [], `${field}.configMap.items`),
    ];
  }
  if (secret) {
    return [
      ...(secret.secretName ? [] : [required(`${field}.secret.secretName`)]),
      ...validateMode(secret.defaultMode, `${field}.secret.defaultMode`),
      ...validateItems(secret.items ?? [], `${field}.secret.items`),
    ];
  }
  if (downwardAPI) {
    return [
      ...validateMode(downwardAPI.defaultMode, `${field}.downwardAPI.defaultMode`),
      ...validateDownward(downwardAPI.items ?? [], `${field}.downwardAPI.items`),
    ];
  }
  if (persistentVolumeClaim) {
    return persistentVolumeClaim.claimName ? [] : [required(`${field}.persistentVolumeClaim.claimName`)];
  }
  return projected ? validateProjected(projected, `${field}.projected`) : [];
}

function validateHostPath(hostPath: NonNullable<Volume['hostPath']>, field: string): FieldError[] {
  if (!hostPath.path) return [required(`${field}.path`)];
  const backsteps = hostPath.path.split('/').includes('..')
    ? [invalidValue(`${field}.path`, hostPath.path, "must not contain '..'")]
    : [];
  return [...backsteps, ...oneOf(`${field}.type`, hostPath.type, HOST_PATH_TYPES)];
}

function validateProjected(projected: NonNullable<Volume['projected']>, field: string): FieldError[] {
  return [
    ...validateMode(projected.defaultMode, `${field}.defaultMode`),
    ...(projected.sources ?? []).flatMap((source, index) => {
      const at = `${field}.sources[${index}]`;
      const [, second] = Object.keys(source);
      if (second) return [forbiddenField(`${at}.${second}`, 'may not specify more than 1 volume type')];
      const errors: FieldError[] = [];
      if (source.secret) {
        if (!source.secret.name) errors.push(required(`${at}.secret.name`));
        errors.push(...validateItems(source.secret.items ?? [], `${at}.secret.items`));
      }
      if (source.configMap) {
        if (!source.configMap.name) errors.push(required(`${at}.configMap.name`));
        errors.push(...validateItems(source.configMap.items ?? [], `${at}.configMap.items`));
      }
      if (source.downwardAPI)
        errors.push(...validateDownward(source.downwardAPI.items ?? [], `${at}.downwardAPI.items`));
      const token = source.serviceAccountToken;
      if (token) {
        if (!token.path) errors.push(required(`${at}.serviceAccountToken.path`));
        errors.push(...validateLocalPath(token.path, `${at}.serviceAccountToken.path`));
        if ((token.expirationSeconds ?? 3600) < 600) {
          errors.push(
            invalidValue(
              `${at}.serviceAccountToken.expirationSeconds`,
              token.expirationSeconds,
              'may not specify a duration less than 10 minutes',
            ),
          );
        }
      }
      return errors;
    }),
  ];
}

const validateMode = (mode: number | undefined, field: string): FieldError[] =>
  mode !== undefined && (mode < 0 || mode > 0o777)
    ? [invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : [];

const validateItems = (items: readonly KeyToPath[], field: string): FieldError[] =>
  items.flatMap((item, index) => [
    ...(item.key ? [] : [required(`${field}[${index}].key`)]),
    ...validateFile(item.path, item.mode, `${field}[${index}]`),
  ]);

const validateDownward = (items: readonly DownwardFile[], field: string): FieldError[] =>
  items.flatMap((item, index) => {
    const at = `${field}[${index}]`;
    const errors = validateFile(item.path, item.mode, at);
    if (item.fieldRef) errors.push(...validateFieldPath(item.fieldRef.fieldPath, `${at}.fieldRef`, VOLUME_FIELDS));
    else if (item.resourceFieldRef) {
      errors.push(...validateResourceField(item.resourceFieldRef.resource, `${at}.resourceFieldRef`));
      if (!item.resourceFieldRef.containerName) errors.push(required(`${at}.resourceFieldRef.containerName`));
    } else errors.push(required(at, 'one of fieldRef and resourceFieldRef is required'));
    return errors;
  });

const validateFile = (path: string | undefined, mode: number | undefined, field: string): FieldError[] => [
  ...(path ? validateLocalPath(path, `${field}.path`) : [required(`${field}.path`)]),
  ...validateMode(mode, `${field}.mode`),
];
