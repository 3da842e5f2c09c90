import type { Container } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { forbiddenField, invalidValue, notFoundField, oneOf, required } from './fields.ts';

type VolumeMount = NonNullable<Container['volumeMounts']>[number];

export function validateVolumeMounts(
  mounts: readonly VolumeMount[],
  field: string,
  volumeNames: ReadonlySet<string>,
): FieldError[] {
  const paths = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!mount.name) errors.push(required(`${at}.name`));
    else if (!volumeNames.has(mount.name)) errors.push(notFoundField(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    else if (paths.has(mount.mountPath))
      errors.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    if (mount.subPath && mount.subPathExpr) {
      errors.push(
        invalidValue(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
      );
    }
    errors.push(...validateLocalPath(mount.subPath, `${at}.subPath`));
    errors.push(...validateLocalPath(mount.subPathExpr, `${at}.subPathExpr`));
    errors.push(
      ...oneOf(`${at}.mountPropagation`, mount.mountPropagation, ['Bidirectional', 'HostToContainer', 'None']),
    );
    if (mount.recursiveReadOnly !== undefined && mount.recursiveReadOnly !== 'Disabled' && !mount.readOnly) {
      errors.push(forbiddenField(`${at}.recursiveReadOnly`, 'may only be specified when readOnly is true'));
    }
    return errors;
  });
}

/** A path inside a volume must stay inside it. */
export function validateLocalPath(path: string | undefined, field: string): FieldError[] {
  if (!path) return [];
  const errors: FieldError[] = [];
  if (path.startsWith('/')) errors.push(invalidValue(field, path, 'must be a relative path'));
  if (path.split('/').includes('..')) errors.push(invalidValue(field, path, "must not contain '..'"));
  return errors;
}
