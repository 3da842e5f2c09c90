import type { PersistentVolumeClaim } from '../../../shared/api/kinds.ts';
import { equalJson } from '../decode/json-value.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue, oneOf, required } from './fields.ts';
import { validateLabelSelector } from './label-selector.ts';
import { dns1123Label, dns1123Subdomain } from './names.ts';
import { validateAccessModes, validateClassName, VOLUME_MODES } from './persistent-volume.ts';
import { validatePositiveQuantity } from './quantities.ts';

type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;

/** What a claim asks for (core/validation ValidatePersistentVolumeClaimSpec); also of a StatefulSet's templates. */
export function validateClaimSpec(spec: ClaimSpec | undefined, field: string): FieldError[] {
  const { accessModes = [], selector, resources, storageClassName, volumeMode, dataSource, dataSourceRef } = spec ?? {};
  const storage = resources?.requests?.['storage'];
  const storageField = `${field}.resources[storage]`;
  return [
    ...validateAccessModes(accessModes, `${field}.accessModes`, 'at least 1 access mode is required'),
    ...(selector ? validateLabelSelector(selector, `${field}.selector`) : []),
    ...(storage === undefined ? [required(storageField)] : validatePositiveQuantity(storage, storageField)),
    ...validateClassName(`${field}.storageClassName`, storageClassName),
    ...oneOf(`${field}.volumeMode`, volumeMode, VOLUME_MODES),
    ...(dataSource ? validateSource(dataSource, `${field}.dataSource`) : []),
    ...(dataSourceRef ? validateSource(dataSourceRef, `${field}.dataSourceRef`) : []),
    ...validateBothSources(spec, field),
    ...validateClassName(`${field}.volumeAttributesClassName`, spec?.volumeAttributesClassName),
  ];
}

function validateSource(source: NonNullable<ClaimSpec['dataSourceRef']>, field: string): FieldError[] {
  const { apiGroup, kind, name, namespace } = source;
  return [
    ...(name ? [] : [required(`${field}.name`)]),
    ...(kind ? [] : [required(`${field}.kind`)]),
    ...(!apiGroup && kind !== 'PersistentVolumeClaim'
      ? [invalidValue(field, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup")]
      : []),
    ...(apiGroup ? complaintsAbout(`${field}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup)) : []),
    ...(namespace ? complaintsAbout(`${field}.namespace`, namespace, dns1123Label(namespace)) : []),
  ];
}

function validateBothSources(spec: ClaimSpec | undefined, field: string): FieldError[] {
  const { dataSource, dataSourceRef } = spec ?? {};
  if (!dataSource || !dataSourceRef) return [];
  const complain = (detail: string): FieldError[] => [invalidValue(field, `${field}.dataSource`, detail)];
  if (dataSourceRef.namespace) return complain('may not be specified when dataSourceRef.namespace is specified');
  const { namespace: _none, ...reference } = dataSourceRef;
  return equalJson(dataSource, reference) ? [] : complain('must match dataSourceRef');
}
