import { expect, test } from 'vitest';
import { KindCatalog } from '../catalog.ts';
import { customKinds } from '../custom/custom-kind.ts';
import type { CustomResourceDefinition } from '../../../shared/api/custom-resource-definition.ts';
import { CRON_TAB_DEFINITION } from '../testing/extension-samples.ts';
import { openApiV2Json, openApiV2Protobuf } from './v2-document.ts';

const catalog = new KindCatalog();
catalog.setCustom('crontabs', customKinds(CRON_TAB_DEFINITION as unknown as CustomResourceDefinition));

interface Field {
  number: number;
  /** Of a length-delimited field; a number otherwise. */
  value: Uint8Array | number;
}

/** The fields of a message, in order. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = view.readUInt8(at);
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < view.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        fields.push({ number, value: varint() });
        break;
      case 1:
        fields.push({ number, value: view.readDoubleLE(at) });
        at += 8;
        break;
      case 2: {
        const length = varint();
        expect(at + length).toBeLessThanOrEqual(view.length);
        fields.push({ number, value: view.subarray(at, at + length) });
        at += length;
        break;
      }
      default:
        throw new Error(`wire type ${tag % 8}`);
    }
  }
  return fields;
}

const messages = (bytes: Uint8Array, number: number): Uint8Array[] =>
  fieldsOf(bytes).flatMap((field) => (field.number === number && typeof field.value !== 'number' ? [field.value] : []));
const text = (bytes: Uint8Array, number: number): string => Buffer.from(messages(bytes, number)[0] ?? []).toString();

interface Swagger {
  swagger: string;
  paths: Record<string, Record<string, { parameters?: { name: string; in: string; schema?: object }[] }>>;
  definitions: Record<string, { type?: string; format?: string; properties?: Record<string, { $ref?: string }> }>;
}
const json = JSON.parse([...openApiV2Json(catalog)].join('')) as Swagger;
const document = Buffer.concat([...openApiV2Protobuf(catalog)]);

test('JSON and protobuf have the same definitions and paths', () => {
  expect(text(document, 1)).toBe('2.0');
  const definitions = messages(document, 9).flatMap((part) => messages(part, 1).map((entry) => text(entry, 1)));
  expect([...definitions].sort()).toEqual(Object.keys(json.definitions).sort());
  const paths = messages(document, 8).flatMap((part) => messages(part, 2).map((entry) => text(entry, 1)));
  expect(paths).toEqual(Object.keys(json.paths));
});

test('every reference leads to a definition', () => {
  const refs = [...JSON.stringify(json).matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name ?? '');
  expect(refs.filter((name) => !Object.hasOwn(json.definitions, name))).toEqual([]);
  const written = JSON.stringify(json);
  expect(['"oneOf":[', '"anyOf":[', '#/components/'].filter((word) => written.includes(word))).toEqual([]);
});

test('a schema is written field by field', () => {
  const entry = messages(document, 9)
    .flatMap((part) => messages(part, 1))
    .find((candidate) => text(candidate, 1) === 'com.example.stable.v1.CronTab');
  const schema = messages(entry ?? new Uint8Array(), 2)[0] ?? new Uint8Array();
  expect(text(schema, 4)).toBe('CronTab runs a command at times.');
  expect(messages(schema, 19).map((name) => Buffer.from(name).toString())).toEqual(['spec']);
  expect(text(messages(schema, 22)[0] ?? new Uint8Array(), 1)).toBe('object');
  const properties = messages(messages(schema, 25)[0] ?? new Uint8Array(), 1).map((property) => text(property, 1));
  expect(properties.sort()).toEqual(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
  const extension = messages(schema, 31).find((any) => text(any, 1) === 'x-kubernetes-group-version-kind');
  expect(JSON.parse(text(messages(extension ?? new Uint8Array(), 2)[0] ?? new Uint8Array(), 2))).toEqual([
    { group: 'stable.example.com', version: 'v1', kind: 'CronTab' },
  ]);
});

test('bodies are parameters, and texts stand for what v2 has no type for', () => {
  const create = json.paths['/apis/stable.example.com/v1/namespaces/{namespace}/crontabs']?.['post'];
  expect(create?.parameters?.[0]).toEqual({
    name: 'body',
    in: 'body',
    required: true,
    schema: { $ref: '#/definitions/com.example.stable.v1.CronTab' },
  });
  expect(json.definitions['io.k8s.apimachinery.pkg.api.resource.Quantity']?.type).toBe('string');
  expect(json.definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString']?.format).toBe('int-or-string');
});
