import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue, required, tooLong } from './fields.ts';
import { qualifiedName } from './names.ts';

/** What StorageClasses and VolumeAttributesClasses share (storage/validation). */

const MOST_PARAMETERS = 512;
const MOST_PARAMETER_BYTES = 256 * 1024;

/** The driver that a class belongs to: a qualified name, in any case. */
export const validateProvisioner = (provisioner: string, field: string): FieldError[] =>
  provisioner === ''
    ? [required(field)]
    : complaintsAbout(field, provisioner, qualifiedName(provisioner.toLowerCase()));

/** What the driver is told of a class. */
export function validateClassParameters(parameters: Readonly<Record<string, string>>, field: string): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > MOST_PARAMETERS) return [tooLong(field, MOST_PARAMETERS)];
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...(Object.hasOwn(parameters, '') ? [invalidValue(field, '', 'field can not be empty.')] : []),
    ...(bytes > MOST_PARAMETER_BYTES ? [tooLong(field, MOST_PARAMETER_BYTES)] : []),
  ];
}
