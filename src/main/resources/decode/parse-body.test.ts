import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../shared/api/errors.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { parseBody } from './parse-body.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (text: string) => parseBody(bytes(text), 'application/json');
const yaml = (text: string) => parseBody(bytes(text), 'application/yaml');

function refusal(attempt: () => unknown): ApiError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('JSON', () => {
  test('no content type is JSON', () => {
    expect(parseBody(bytes('{"a":1}'), undefined).value).toEqual({ a: 1 });
  });

  test('fields that are given twice are named, the last one counts', () => {
    const { value, duplicateFields: found } = json(
      '{"spec":{"replicas":1,"replicas":2,"list":[{"a":1},{"b":1,"b":"\\"b\\":"}]}}',
    );
    expect(value).toEqual({ spec: { replicas: 2, list: [{ a: 1 }, { b: '"b":' }] } });
    expect(found).toEqual(['spec.replicas', 'spec.list[1].b']);
  });

  test('an object written from a value has no duplicates', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(duplicateFields(JSON.stringify(value, null, 2))).toEqual([]);
      }),
    );
  });

  test.each([
    ['', /unexpected end of JSON input/],
    ['   ', /unexpected end of JSON input/],
    ['{"a":\n  1,,}', /line 2, column 5/],
    ['{"a":1', /json parse error/],
  ])('%j is refused', (text, message) => {
    const { code, message: said } = refusal(() => json(text));
    expect(code).toBe(400);
    expect(said).toMatch(message);
  });

  test('bytes that are no UTF-8 are refused', () => {
    expect(refusal(() => parseBody(new Uint8Array([0x7b, 0xff, 0x7d]), 'application/json')).message).toMatch(
      /not UTF-8/,
    );
  });

  test('deep nesting is refused before anything recurses into it', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(refusal(() => json(deep)).message).toMatch(/exceeded max depth/);
    for (const text of [
      deep,
      `a: ${deep}`,
      '{a: '.repeat(100_000),
      `${'- '.repeat(100_000)}x`,
      `${'? '.repeat(100_000)}x`,
      Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    ])
      expect(refusal(() => yaml(text)).message).toMatch(/exceeded max depth/);
  });

  test('long is not deep', () => {
    const list = Array.from({ length: 1000 }, (_, index) => `  - {name: n${index}, items: [1, 2]}`);
    const block = Array.from({ length: 1000 }, () => '    ---- [[[[ {{{{ - - - - not nested');
    const text = ['list:', ...list, 'text: |', ...block, 'a:', '  b:', '    - - c', ''].join('\n');
    expect(yaml(text).value).toMatchObject({ a: { b: [['c']] } });
  });

  test('other media types are 415', () => {
    expect(refusal(() => parseBody(bytes('x'), 'text/plain')).code).toBe(415);
  });

  test('a __proto__ key stays a key', () => {
    const { value } = json('{"__proto__":{"polluted":true}}');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('YAML', () => {
  test('scalars are those of kubectl: YAML 1.1 without times and base 60', () => {
    expect(yaml('mode: 0644\non: yes\nday: 2026-01-01\nclock: 12:30\nhex: 0x1f\n1: one\nempty:').value).toEqual({
      mode: 420,
      true: true,
      day: '2026-01-01',
      clock: '12:30',
      hex: 31,
      1: 'one',
      empty: null,
    });
  });

  test('anchors and merge keys work', () => {
    expect(yaml('base: &b {a: 1, c: 2}\nthis:\n  <<: *b\n  c: 3').value).toEqual({
      base: { a: 1, c: 2 },
      this: { a: 1, c: 3 },
    });
  });

  test('fields that are given twice are named', () => {
    const { value, duplicateFields: found } = yaml('spec:\n  replicas: 1\n  replicas: 2\n');
    expect(value).toEqual({ spec: { replicas: 2 } });
    expect(found).toEqual(['spec.replicas']);
  });

  test('a tab is named with its line', () => {
    const { code, message } = refusal(() => yaml('metadata:\n  name: x\nspec:\n\treplicas: 1'));
    expect(code).toBe(400);
    expect(message).toMatch(/yaml: line 4: found character that cannot start any token \(a tab/);
  });

  test('aliases cannot blow a small text up', () => {
    const levels = Array.from(
      { length: 9 },
      (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(9)}]`,
    );
    const { code, message } = refusal(() => yaml(`a0: &a0 [x]\n${levels.join('\n')}`));
    expect(code).toBe(400);
    expect(message).toMatch(/alias/);
  });

  test('several documents in one body are refused', () => {
    expect(refusal(() => yaml('a: 1\n---\nb: 2')).message).toMatch(/more than one document/);
  });

  test('a list cannot be a key', () => {
    expect(refusal(() => yaml('? [a]\n: b')).message).toMatch(/invalid map key/);
  });

  test('any text gives a value or a 400', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            'a',
            ':',
            ' ',
            '\n',
            '\t',
            '-',
            '[',
            ']',
            '{',
            '}',
            '&',
            '*',
            '!',
            '"',
            "'",
            '|',
            '>',
            '%',
            '<',
            '?',
          ),
        }),
        (text) => {
          try {
            yaml(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ApiError);
            expect((error as ApiError).code).toBe(400);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
