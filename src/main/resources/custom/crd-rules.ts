import type {
  CustomResourceDefinition,
  CustomResourceNames,
  CustomResourceSubresources,
  CustomResourceVersion,
  JsonSchema,
  PrinterColumn,
} from '../../../shared/api/custom-resource-definition.ts';
import { equalJson } from '../decode/json-value.ts';
import type { FieldError } from '../validation/field-error.ts';
import { duplicate, forbiddenField, invalidValue, required, requiredOneOf, tooMany } from '../validation/fields.ts';
import { dns1035Label, dns1123Subdomain } from '../validation/names.ts';
import { approvalErrors } from './api-approval.ts';
import { compileRules } from './cel-rules.ts';
import { conversionErrors } from './conversion-rules.ts';
import { defaultErrors } from './default-rules.ts';
import { fieldPathTarget } from './field-path.ts';
import { ruleProblems } from './rule-problems.ts';
import { openApiSchemaErrors } from './schema-rules.ts';
import { structuralErrors } from './structural-rules.ts';

/** Most selectable fields of a version (apiextensions `MaxSelectableFields`). */
const MAX_SELECTABLE_FIELDS = 8;
const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

const joined = (field: string, value: string, complaints: readonly string[], before = ''): FieldError[] =>
  complaints.length === 0 ? [] : [invalidValue(field, value, before + complaints.join(','))];

/** Everything about a CustomResourceDefinition that can be told from it alone (`ValidateCustomResourceDefinition`). */
export function crdErrors(crd: CustomResourceDefinition): FieldError[] {
  const { spec } = crd;
  const expected = `${spec.names.plural}.${spec.group}`;
  const name = crd.metadata?.name ?? '';
  return [
    ...(name === expected ? [] : [invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]),
    ...groupErrors(spec.group),
    ...requiredOneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced']),
    ...versionsErrors(spec.versions),
    ...(['plural', 'singular', 'kind', 'listKind'] as const)
      .filter((part) => !spec.names[part])
      .map((part) => required(`spec.names.${part}`)),
    ...nameErrors(spec.names, 'spec.names'),
    ...(spec.preserveUnknownFields ? [invalidValue('spec.preserveUnknownFields', true, 'must be false')] : []),
    ...conversionErrors(spec),
    ...approvalErrors(crd),
  ];
}

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const complaints = dns1123Subdomain(group);
  if (complaints.length > 0) return joined('spec.group', group, complaints);
  return group.includes('.') ? [] : [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
}

export function nameErrors(names: CustomResourceNames, path: string): FieldError[] {
  const { plural, singular = '', kind, listKind = '' } = names;
  const mixed = 'may have mixed case, but should otherwise match: ';
  const rule = (part: string, value: string, before = ''): FieldError[] =>
    value === '' ? [] : joined(`${path}.${part}`, value, dns1035Label(before ? value.toLowerCase() : value), before);
  return [
    ...rule('plural', plural),
    ...rule('singular', singular),
    ...rule('kind', kind, mixed),
    ...rule('listKind', listKind, mixed),
    ...(names.shortNames ?? []).flatMap((name, index) =>
      joined(`${path}.shortNames[${index}]`, name, dns1035Label(name)),
    ),
    ...(kind !== '' && kind === listKind
      ? [invalidValue(`${path}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...(names.categories ?? []).flatMap((name, index) =>
      joined(`${path}.categories[${index}]`, name, dns1035Label(name)),
    ),
  ];
}

function versionsErrors(versions: readonly CustomResourceVersion[]): FieldError[] {
  const names = versions.map(({ name }) => name);
  const [first] = versions;
  // Upstream keeps what all versions have in common in one place, and names that place.
  const shared = (part: 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'): boolean =>
    versions.every((version) => equalJson(version[part], first?.[part]));
  const at = (index: number, part: Parameters<typeof shared>[0], common: string): string | undefined => {
    if (!shared(part)) return `spec.versions[${index}].${part}`;
    return index === 0 ? `spec.${common}` : undefined;
  };
  return [
    ...versions.flatMap((version, index) => [
      ...joined(`spec.versions[${index}].name`, version.name, dns1035Label(version.name)),
      ...deprecationErrors(version, `spec.versions[${index}]`),
      ...schemaErrors(version, index, at(index, 'schema', 'validation')),
      ...subresourceErrors(version.subresources, at(index, 'subresources', 'subresources')),
      ...columnErrors(
        version.additionalPrinterColumns ?? [],
        at(index, 'additionalPrinterColumns', 'additionalPrinterColumns'),
      ),
      ...selectableErrors(version, at(index, 'selectableFields', 'selectableFields')),
    ]),
    ...(new Set(names).size === names.length
      ? []
      : [invalidValue('spec.versions', versions, 'must contain unique version names')]),
    ...(versions.filter(({ storage }) => storage).length === 1
      ? []
      : [invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version')]),
  ];
}

function deprecationErrors({ deprecated, deprecationWarning }: CustomResourceVersion, path: string): FieldError[] {
  if (deprecationWarning === undefined || deprecated) return [];
  return [invalidValue(`${path}.deprecationWarning`, deprecationWarning, 'can only be set for deprecated versions')];
}

function schemaErrors(version: CustomResourceVersion, index: number, path: string | undefined): FieldError[] {
  const schema = version.schema?.openAPIV3Schema;
  if (!schema) return [required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required')];
  if (path === undefined) return [];
  const at = `${path}.openAPIV3Schema`;
  const errors: FieldError[] = [];
  if (version.subresources?.status) errors.push(...rootErrors(schema, at));
  if (schema.nullable) errors.push(forbiddenField(`${at}.nullable`, 'nullable cannot be true at the root'));
  const structural = structuralErrors(schema, at);
  errors.push(...structural, ...(structural.length === 0 ? defaultErrors(schema, at) : []));
  errors.push(...openApiSchemaErrors(schema, at));
  // Rules are compiled against the schema, so that comes first.
  return errors.length > 0 ? errors : ruleProblems(schema, compileRules(schema), at);
}

const AT_ROOT = [
  ...['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum'],
  ...['MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items'],
  ...['Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations'],
];
const GO_NAMES: Readonly<Record<string, string>> = {
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
};

/** With a status subresource, status is validated by its own part of the schema, so nothing may stand around it. */
function rootErrors(schema: JsonSchema, path: string): FieldError[] {
  if (schema.type && schema.type !== 'object')
    return [
      invalidValue(
        `${path}.type`,
        schema.type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      ),
    ];
  const strange = Object.keys(schema).some(
    (field) => !AT_ROOT.includes(GO_NAMES[field] ?? field.charAt(0).toUpperCase() + field.slice(1)),
  );
  if (!strange) return [];
  return [
    invalidValue(
      path,
      schema,
      `only [${AT_ROOT.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`,
    ),
  ];
}

const pathErrors = (value: string, field: string): FieldError[] =>
  value.startsWith('.') ? [] : [invalidValue(field, value, 'must be a simple json path starting with .')];

function subresourceErrors(
  subresources: CustomResourceSubresources | undefined,
  path: string | undefined,
): FieldError[] {
  const scale = subresources?.scale;
  if (!scale || path === undefined) return [];
  const under = (field: string, value: string, roots: readonly string[], detail: string): FieldError[] => {
    const wrong = pathErrors(value, field);
    if (wrong.length > 0 || roots.some((root) => value.startsWith(root))) return wrong;
    return [invalidValue(field, value, detail)];
  };
  return [
    ...(['spec', 'status'] as const).flatMap((part) => {
      const value = scale[`${part}ReplicasPath`];
      const field = `${path}.scale.${part}ReplicasPath`;
      return value ? under(field, value, [`.${part}.`], `should be a json path under .${part}`) : [required(field)];
    }),
    ...(scale.labelSelectorPath
      ? under(
          `${path}.scale.labelSelectorPath`,
          scale.labelSelectorPath,
          ['.spec.', '.status.'],
          'should be a json path under either .spec or .status',
        )
      : []),
  ];
}

function columnErrors(columns: readonly PrinterColumn[], path: string | undefined): FieldError[] {
  if (path === undefined) return [];
  return columns.flatMap((column, index) => {
    const at = `${path}[${index}]`;
    const types = `must be one of ${COLUMN_TYPES.join(',')}`;
    return [
      ...(column.name ? [] : [required(`${at}.name`)]),
      ...(column.type ? [] : [required(`${at}.type`, types)]),
      ...(column.type && !COLUMN_TYPES.includes(column.type) ? [invalidValue(`${at}.type`, column.type, types)] : []),
      ...(column.format && !COLUMN_FORMATS.includes(column.format)
        ? [invalidValue(`${at}.format`, column.format, `must be one of ${COLUMN_FORMATS.join(',')}`)]
        : []),
      ...(column.jsonPath ? pathErrors(column.jsonPath, `${at}.JSONPath`) : [required(`${at}.JSONPath`)]),
    ];
  });
}

function selectableErrors(version: CustomResourceVersion, path: string | undefined): FieldError[] {
  const fields = version.selectableFields ?? [];
  const schema = version.schema?.openAPIV3Schema;
  if (path === undefined || fields.length === 0) return [];
  if (!schema) return [invalidValue(path, '', 'may only be set when validations.schema is included')];
  const seen = new Set<string>();
  const errors = fields.flatMap(({ jsonPath }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (!jsonPath) return [required(at)];
    const target = fieldPathTarget(jsonPath, schema, { allowBrackets: false });
    if (typeof target === 'string') return [invalidValue(at, jsonPath, `is an invalid path: ${target}`)];
    const found: FieldError[] = [];
    if (target.path.startsWith('metadata'))
      found.push(invalidValue(at, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(target.schema.type ?? ''))
      found.push(
        invalidValue(
          at,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      );
    if (seen.has(target.path)) found.push(duplicate(at, jsonPath));
    seen.add(target.path);
    return found;
  });
  return seen.size > MAX_SELECTABLE_FIELDS ? [...errors, tooMany(path, seen.size, MAX_SELECTABLE_FIELDS)] : errors;
}
