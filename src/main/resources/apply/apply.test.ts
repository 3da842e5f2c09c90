import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../shared/api/errors.ts';
import { LEAF, readFieldSet, type FieldSet } from '../../../shared/api/field-set.ts';
import type { ManagedFieldsEntry } from '../../../shared/api/managed-fields.ts';
import type { JsonObject } from '../decode/json-value.ts';
import { applyConfig } from './apply.ts';
import { blankObject } from './blank-object.ts';
import { compareFields } from './compare.ts';
import { customFieldType, fieldTypeNamed } from './field-type.ts';
import { printPath } from './path-element.ts';
import { difference, intersection, pathsOf, setOfPath, union } from './set-algebra.ts';
import { setOfValue } from './set-of.ts';
import type { Versions } from './versions.ts';

const same = (value: unknown): unknown => value;
const versionsOf =
  (schema: string): Versions =>
  (apiVersion) =>
    apiVersion === 'v1' ? { type: fieldTypeNamed(schema), to: same, from: same } : undefined;

describe('sets', () => {
  const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:1');
  const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 });
  const setOf = (all: string[][]): FieldSet | undefined =>
    all.reduce<FieldSet | undefined>((set, path) => union(set, setOfPath(path)), undefined);
  const texts = (set: FieldSet | undefined): string[] =>
    pathsOf(set)
      .map((path) => path.join(' '))
      .sort();
  const unique = (all: string[][]): string[] => [...new Set(all.map((path) => path.join(' ')))].sort();

  test('are what sets of paths are', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const a = setOf(left);
        const b = setOf(right);
        const [lefts, rights] = [unique(left), unique(right)];
        expect(texts(a)).toEqual(lefts);
        expect(texts(union(a, b))).toEqual([...new Set([...lefts, ...rights])].sort());
        expect(texts(difference(a, b))).toEqual(lefts.filter((path) => !rights.includes(path)));
        expect(texts(intersection(a, b))).toEqual(lefts.filter((path) => rights.includes(path)));
        // Equal sets are one object, however they came to be.
        expect(readFieldSet(JSON.parse(JSON.stringify(a ?? {})))).toBe(a);
        expect(setOf([...left].reverse())).toBe(a);
      }),
    );
  });

  test('that are none are not read', () => {
    for (const bad of [null, [], 'f:a', { a: {} }, { 'f:a': 1 }, { 'f:a': { 'x:b': {} } }])
      expect(() => readFieldSet(bad)).toThrow(TypeError);
    expect(readFieldSet({})).toBeUndefined();
    expect(readFieldSet({ 'f:a': { '.': {} } })).toEqual({ 'f:a': LEAF });
  });
});

describe('comparing', () => {
  const pod = fieldTypeNamed('io.k8s.api.core.v1.Pod');
  const printed = (set: FieldSet | undefined): string[] => pathsOf(set).map(printPath);

  test('goes item by item where lists have keys, and takes the rest whole', () => {
    const before = { spec: { containers: [{ name: 'a', image: '1', args: ['x'] }], tolerations: [{ key: 'k' }] } };
    const after = {
      spec: {
        containers: [{ name: 'a', image: '2', args: ['y'] }, { name: 'b' }],
        tolerations: [{ key: 'k' }, { key: 'l' }],
      },
    };
    const { changed, removed } = compareFields(pod, before, after);
    expect(printed(changed)).toEqual([
      '.spec.containers[name="a"].args',
      '.spec.containers[name="a"].image',
      '.spec.containers[name="b"]',
      '.spec.containers[name="b"].name',
      '.spec.tolerations',
    ]);
    expect(removed).toBeUndefined();
    expect(printed(compareFields(pod, after, before).removed)).toEqual([
      '.spec.containers[name="b"]',
      '.spec.containers[name="b"].name',
    ]);
  });

  test('keys that are left out are what they are taken to be', () => {
    const ports = { spec: { containers: [{ name: 'a', ports: [{ containerPort: 80 }, { containerPort: 81 }] }] } };
    expect(printed(setOfValue(pod, ports))).toContain(
      '.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"]',
    );
  });

  test('duplicates and items without a name do not stop it', () => {
    const twice = { spec: { containers: [{ name: 'a', env: [{ name: 'E' }, { name: 'E', value: '1' }] }] } };
    const once = { spec: { containers: [{ name: 'a', env: [{ name: 'E', value: '2' }] }] } };
    expect(printed(compareFields(pod, once, twice).changed)).toEqual(['.spec.containers[name="a"].env[name="E"]']);
    const nameless = { spec: { containers: [{ image: 'i' }] } };
    expect(printed(compareFields(pod, once, nameless).changed)).toContain('.spec.containers');
  });

  test('a custom resource is taken apart by its schema, or as it comes', () => {
    const type = customFieldType({
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: {
            rules: {
              type: 'array',
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['port', 'host'],
              items: {
                type: 'object',
                properties: { host: { type: 'string', default: '*' }, port: { type: 'integer' } },
              },
            },
            tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
            plain: { type: 'array', items: { type: 'string' } },
            whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
            open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      },
    });
    const object = {
      metadata: { labels: { a: 'b' } },
      spec: { rules: [{ port: 1 }], tags: ['t'], plain: ['p'], whole: { x: 'y' }, open: { deep: { er: [1] } } },
    };
    expect(printed(setOfValue(type, object))).toEqual([
      '.metadata.labels.a',
      '.spec.open.deep',
      '.spec.open.deep.er',
      '.spec.plain',
      '.spec.rules[host="*",port=1]',
      '.spec.rules[host="*",port=1].port',
      '.spec.tags[="t"]',
      '.spec.whole',
    ]);
  });
});

describe('applying', () => {
  const schema = 'io.k8s.api.core.v1.ConfigMap';
  const versions = versionsOf(schema);
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const data = fc.dictionary(key, fc.constantFrom('1', '2'), { maxKeys: 4 });
  const step = fc.record({ manager: fc.constantFrom('one', 'two', 'three'), data, force: fc.boolean() });

  interface State {
    object: JsonObject | undefined;
    managedFields: readonly ManagedFieldsEntry[] | undefined;
  }
  const isEmpty = (value: unknown): boolean => Object.keys(value as object).length === 0;
  /** Decoding leaves out an optional map that is empty. */
  const decoded = ({ data: values, ...rest }: JsonObject): JsonObject =>
    values === undefined || isEmpty(values) ? rest : { ...rest, data: values };
  const apply = (state: State, manager: string, wanted: Record<string, string>, force: boolean): State => {
    const { object, managedFields } = applyConfig({
      by: { manager, apiVersion: 'v1', subresource: '' },
      force,
      now: '2026-01-01T00:00:00Z',
      versions,
      live: state.object ?? blankObject(schema),
      isNew: state.object === undefined,
      managedFields: state.managedFields,
      config: decoded({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: wanted }),
    });
    return { object: decoded(object), managedFields };
  };

  /** The rules in the plain: a key is there as long as somebody applies it, and only by force does another change it. */
  class Oracle {
    readonly values = new Map<string, string>();
    readonly owners = new Map<string, Set<string>>();

    conflicts(manager: string, wanted: Record<string, string>): string[] {
      return Object.entries(wanted).flatMap(([name, value]) => {
        const others = [...(this.owners.get(name) ?? [])].filter((owner) => owner !== manager);
        return others.length > 0 && this.values.get(name) !== value ? [name] : [];
      });
    }

    apply(manager: string, wanted: Record<string, string>): void {
      for (const [name, owners] of this.owners) if (!(name in wanted)) owners.delete(manager);
      for (const [name, value] of Object.entries(wanted)) {
        const owners =
          this.values.get(name) === value ? (this.owners.get(name) ?? new Set<string>()) : new Set<string>();
        this.owners.set(name, owners.add(manager));
        this.values.set(name, value);
      }
      for (const [name, owners] of this.owners)
        if (owners.size === 0) {
          this.owners.delete(name);
          this.values.delete(name);
        }
    }
  }

  test('any number of managers in any order come to what the rules say', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        let state: State = { object: undefined, managedFields: undefined };
        const oracle = new Oracle();
        for (const { manager, data: wanted, force } of steps) {
          const conflicts = oracle.conflicts(manager, wanted);
          try {
            state = apply(state, manager, wanted, force);
          } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            expect(force).toBe(false);
            const fields = (error.status.details?.causes ?? []).map(({ field }) => field);
            expect([...new Set(fields)].sort()).toEqual(conflicts.map((name) => `.data.${name}`).sort());
            continue;
          }
          if (!force) expect(conflicts).toEqual([]);
          oracle.apply(manager, wanted);
          expect(state.object?.['data'] ?? {}).toEqual(Object.fromEntries(oracle.values));
          for (const name of oracle.values.keys()) {
            const owners = (state.managedFields ?? []).filter(
              ({ fieldsV1 }) => (fieldsV1 as { 'f:data'?: Record<string, unknown> })['f:data']?.[`f:${name}`],
            );
            expect(owners.map((entry) => entry.manager).sort()).toEqual([...(oracle.owners.get(name) ?? [])].sort());
          }
          // The same once more changes nothing, times neither.
          const again = apply(state, manager, wanted, force);
          expect(again.object).toEqual(state.object);
          expect(again.managedFields).toEqual(state.managedFields);
        }
      }),
      { numRuns: 300 },
    );
  });
});
