import { describe, expect, test } from 'vitest';
import { threeWayPatch, type JsonObject } from './three-way.ts';

describe('a three-way patch', () => {
  const cases: [string, unknown, JsonObject, JsonObject, JsonObject | undefined][] = [
    ['nothing to do', { a: 1 }, { a: 1 }, { a: 1 }, undefined],
    ['a changed field', { a: 1 }, { a: 2 }, { a: 1 }, { a: 2 }],
    ['a field that drifted away is set again', { a: 1 }, { a: 1 }, { a: 5 }, { a: 1 }],
    ['a field that is no longer written goes', { a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2 }, { b: null }],
    ['a field that is gone on both sides is left alone', { a: 1, b: 2 }, { a: 1 }, { a: 1 }, undefined],
    ['what others set stays', { a: 1 }, { a: 1 }, { a: 1, defaulted: true }, undefined],
    ['deep in maps', { m: { x: 1, y: 1 } }, { m: { x: 2 } }, { m: { x: 1, y: 1, z: 1 } }, { m: { x: 2, y: null } }],
    ['a whole new map', {}, { m: { x: 1 } }, {}, { m: { x: 1 } }],
    ['without anything applied before, nothing is removed', undefined, { a: 1 }, { a: 1, b: 2 }, undefined],
    ['a plain list is taken as written', { l: [1, 2] }, { l: [1, 3] }, { l: [1, 2] }, { l: [1, 3] }],
    [
      'defaults inside an unchanged list are no difference',
      { c: [{ name: 'a', image: 'x', ports: [{ containerPort: 80 }] }] },
      { c: [{ name: 'a', image: 'x', ports: [{ containerPort: 80 }] }] },
      { c: [{ name: 'a', image: 'x', imagePullPolicy: 'Always', ports: [{ containerPort: 80, protocol: 'TCP' }] }] },
      undefined,
    ],
    [
      'one named item changes, its defaults stay',
      { c: [{ name: 'a', image: 'x' }] },
      { c: [{ name: 'a', image: 'y' }] },
      { c: [{ name: 'a', image: 'x', imagePullPolicy: 'Always' }] },
      { c: [{ name: 'a', image: 'y', imagePullPolicy: 'Always' }] },
    ],
    [
      'a named item that is no longer written goes, one that others added stays',
      { c: [{ name: 'a' }, { name: 'b' }] },
      { c: [{ name: 'a' }] },
      { c: [{ name: 'a' }, { name: 'b' }, { name: 'injected' }] },
      { c: [{ name: 'a' }, { name: 'injected' }] },
    ],
    ['null asks for removal', {}, { a: null }, { a: 1 }, { a: null }],
    ['a map in place of a text', { a: 'x' }, { a: { b: 1 } }, { a: 'x' }, { a: { b: 1 } }],
  ];
  test.each(cases)('%s', (_name, original, modified, live, expected) => {
    expect(threeWayPatch(original, modified, live)).toEqual(expected);
  });
});
