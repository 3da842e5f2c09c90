import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
} from '../../../shared/api/custom-resource-definition.ts';

/** What a writer left out. Required fields get Go's zero values, so that the rules can name them. */
export function setCrdDefaults(crd: CustomResourceDefinition): void {
  const spec = (crd as { spec?: Partial<CustomResourceDefinitionSpec> }).spec ?? {};
  const names = { ...spec.names, plural: spec.names?.plural ?? '', kind: spec.names?.kind ?? '' };
  names.singular ||= names.kind.toLowerCase();
  names.listKind ||= names.kind && `${names.kind}List`;
  const conversion = spec.conversion ?? { strategy: 'None' };
  const service = conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
  crd.spec = {
    ...spec,
    group: spec.group ?? '',
    names,
    scope: spec.scope ?? '',
    conversion,
    versions: (spec.versions ?? []).map((version) => ({
      ...version,
      name: (version as { name?: string }).name ?? '',
      served: (version as { served?: boolean }).served ?? false,
      storage: (version as { storage?: boolean }).storage ?? false,
    })),
  };
  if (crd.spec.preserveUnknownFields === false) delete crd.spec.preserveUnknownFields;
}
