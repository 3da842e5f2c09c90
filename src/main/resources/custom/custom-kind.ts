import type {
  CustomResourceDefinition,
  CustomResourceVersion,
  JsonSchema,
} from '../../../shared/api/custom-resource-definition.ts';
import { apiVersionOf, type ResourceType } from '../../../shared/api/kinds.ts';
import { ApiError } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { equalJson, type JsonObject } from '../decode/json-value.ts';
import type { KindDefinition, StoredVersion } from '../definition.ts';
import { bumpGenerationIf, startGeneration } from '../strategy.ts';
import type { FieldError } from '../validation/field-error.ts';
import { customColumns } from './custom-columns.ts';
import { decodeCustom } from './custom-decode.ts';
import { customScale, scaleErrors } from './custom-scale.ts';
import { hasDefaults, withDefaults } from './defaulting.ts';
import { fieldPathTarget } from './field-path.ts';
import { followJsonPath, parseJsonPath } from './json-path.ts';
import { publishedSchema, schemaNameOf } from './published-schema.ts';
import { validateCustomObject } from './validate-object.ts';
import { compareVersions } from '../version-order.ts';

/** The kinds a definition adds, one a served version, the preferred one first. Its names must have been accepted. */
export function customKinds(crd: CustomResourceDefinition): KindDefinition[] {
  return crd.spec.versions
    .filter(({ served }) => served)
    .sort((a, b) => compareVersions(a.name, b.name))
    .map((version) => customKind(crd, version));
}

/** The kind objects are stored as, whether that version is served or not. */
export function storageKind(crd: CustomResourceDefinition): KindDefinition {
  const version = crd.spec.versions.find(({ storage }) => storage) ?? crd.spec.versions[0];
  if (!version) throw new Error(`${crd.metadata?.name ?? 'a definition'} has no versions`);
  return customKind(crd, version);
}

function customKind(crd: CustomResourceDefinition, version: CustomResourceVersion): KindDefinition {
  const { spec } = crd;
  const names = crd.status?.acceptedNames ?? spec.names;
  const type: ResourceType = {
    group: spec.group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    namespaced: spec.scope === 'Namespaced',
  };
  const schema = version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const scale = version.subresources?.scale;
  const hasStatus = version.subresources?.status !== undefined;
  const errorsIn = (object: KubeObject, old?: KubeObject): FieldError[] => [
    ...validateCustomObject(schema, object, old).errors,
    ...scaleErrors(scale, object),
  ];
  let published: ReturnType<typeof publishedSchema> | undefined;
  return {
    type,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    listKind: names.listKind ?? `${names.kind}List`,
    schema: schemaNameOf(type),
    schemaOf: () => (published ??= publishedSchema(schema, type)),
    decode: (body) => decodeCustom(schema, body),
    durability: 'durable',
    custom: true,
    storedAs: storedVersion(crd, type, schema),
    hasStatus,
    ...(scale ? { scale: customScale(scale) } : {}),
    ...(version.deprecated
      ? { deprecationWarning: version.deprecationWarning ?? `${apiVersionOf(type)} ${type.kind} is deprecated` }
      : {}),
    subresources: [],
    nameRule: 'dns1123subdomain',
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
    setDefaults() {
      // Defaults are part of decoding, so that writes to subresources have them too.
    },
    prepareForCreate(object) {
      if (crd.metadata?.deletionTimestamp) throw terminating();
      if (hasStatus) delete (object as JsonObject)['status'];
      startGeneration(object);
    },
    prepareForUpdate(object, old) {
      bumpGenerationIf(!equalJson(withoutMetadata(object), withoutMetadata(old)), object, old);
    },
    // New objects and changed ones are held to different standards (ratcheting).
    validate: () => [],
    validateCreate: (object) => errorsIn(object),
    validateUpdate: errorsIn,
    validateStatusUpdate: errorsIn,
    selectableFields: selectableFields(version, schema),
    columns: customColumns(version.additionalPrinterColumns ?? []),
  };
}

const terminating = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'create not allowed while custom resource definition is terminating');

function withoutMetadata(object: KubeObject): object {
  const { metadata: _metadata, ...others } = object;
  return others;
}

/** All versions share one place in the store; strategy None changes nothing but the version's name. */
function storedVersion(
  crd: CustomResourceDefinition,
  type: ResourceType,
  schema: JsonSchema,
): StoredVersion<KubeObject> {
  const storage = crd.spec.versions.find((version) => version.storage)?.name ?? type.version;
  const apiVersion = apiVersionOf(type);
  const storedApiVersion = apiVersionOf({ group: type.group, version: storage });
  const defaulted = hasDefaults(schema);
  const as = (object: KubeObject, version: string): KubeObject =>
    object.apiVersion === version ? object : { ...object, apiVersion: version };
  return {
    group: type.group,
    plural: type.plural,
    toStored: (object) => as(object, storedApiVersion),
    // A default that was added to the schema later shows in objects that were stored before.
    fromStored(stored) {
      const object = as(stored, apiVersion);
      if (!defaulted) return object;
      const complete = withDefaults(object as JsonObject, schema);
      return equalJson(complete, object) ? object : complete;
    },
  };
}

function selectableFields(version: CustomResourceVersion, schema: JsonSchema): KindDefinition['selectableFields'] {
  return Object.fromEntries(
    (version.selectableFields ?? []).flatMap(({ jsonPath }) => {
      const target = fieldPathTarget(jsonPath, schema, { allowBrackets: false });
      const path = parseJsonPath(jsonPath);
      if (typeof target === 'string' || !path) return [];
      const read = (object: KubeObject): string => {
        const [value] = followJsonPath(path, object);
        return ['string', 'boolean', 'number'].includes(typeof value) ? String(value as string | number | boolean) : '';
      };
      return [[target.path, read] as const];
    }),
  );
}
