import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { isJsonObject } from '../decode/json-value.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, required } from '../validation/fields.ts';
import { validateAnnotations, validateLabels } from '../validation/metadata.ts';
import { dns1123Subdomain } from '../validation/names.ts';
import { childPath, indexPath, itemsOf, keyPath, propertyOf, valuesOf } from './schema-nodes.ts';

/** Embedded resources have a version, a kind and valid metadata (apiextensions `schemaobjectmeta.Validate`). */
export function embeddedResourceErrors(schema: JsonSchema, value: unknown, path: string): FieldError[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items ? value.flatMap((item, index) => embeddedResourceErrors(items, item, indexPath(path, index))) : [];
  }
  if (!isJsonObject(value)) return [];
  const values = valuesOf(schema);
  return [
    ...(schema['x-kubernetes-embedded-resource'] ? resourceErrors(value, path) : []),
    ...Object.entries(value).flatMap(([name, member]) => {
      const property = propertyOf(schema, name);
      if (property) return embeddedResourceErrors(property, member, childPath(path, name));
      return values ? embeddedResourceErrors(values, member, keyPath(path, name)) : [];
    }),
  ];
}

function resourceErrors(resource: Readonly<Record<string, unknown>>, path: string): FieldError[] {
  const { apiVersion, kind, metadata } = resource;
  const meta = isJsonObject(metadata) ? metadata : {};
  const { name, labels, annotations } = meta;
  const at = childPath(path, 'metadata');
  return [
    ...(typeof apiVersion === 'string' && apiVersion !== ''
      ? []
      : [required(childPath(path, 'apiVersion'), 'must not be empty')]),
    ...(typeof kind === 'string' && kind !== '' ? [] : [required(childPath(path, 'kind'), 'must not be empty')]),
    ...(typeof name === 'string' && name !== '' ? complaintsAbout(`${at}.name`, name, dns1123Subdomain(name)) : []),
    ...(isTexts(labels) ? validateLabels(`${at}.labels`, labels) : []),
    ...(isTexts(annotations) ? validateAnnotations(`${at}.annotations`, annotations) : []),
  ];
}

const isTexts = (value: unknown): value is Record<string, string> =>
  isJsonObject(value) && Object.values(value).every((text) => typeof text === 'string');
