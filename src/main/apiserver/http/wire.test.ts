import { describe, expect, test } from 'vitest';
import { isApiError } from '../../../shared/api/errors.ts';
import { shapeOf } from './accept.ts';
import { splitTarget } from './request-handler.ts';
import { warningHeaders } from './response.ts';

describe('Accept', () => {
  test.each([
    [undefined, 'object'],
    ['*/*', 'object'],
    ['application/vnd.kubernetes.protobuf,application/json', 'object'],
    [
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
      'table',
    ],
    ['application/json, application/json;as=Table;v=v1;g=meta.k8s.io', 'object'],
    ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', 'object'],
    [
      'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      'partial',
    ],
  ])('%s is answered as %s', (accept, shape) => {
    expect(shapeOf(accept)).toBe(shape);
  });

  test('of nothing we write is 406', () => {
    let code = 0;
    try {
      shapeOf('application/cbor');
    } catch (error) {
      code = isApiError(error) ? error.code : -1;
    }
    expect(code).toBe(406);
  });
});

test('warnings are quoted, clean, said once and bounded', () => {
  expect(warningHeaders(['unknown field "spec.a"', 'unknown field "spec.a"', 'évil\r\nSet-Cookie: x'])).toEqual([
    '299 - "unknown field \\"spec.a\\""',
    '299 - "?vil??Set-Cookie: x"',
  ]);
  expect(warningHeaders(Array.from({ length: 100 }, (_, index) => `${index}${'x'.repeat(100)}`)).length).toBeLessThan(
    45,
  );
});

test('a request target is split, not tidied up', () => {
  expect(splitTarget('/a/../b?c=d?e').path).toBe('/a/../b');
  expect(splitTarget('/a?c=d%26e').query.get('c')).toBe('d&e');
});
