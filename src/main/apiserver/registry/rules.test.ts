import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { KindCatalog } from '../../resources/catalog.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { finalizersFor, graceOf, isReadyToGo } from './deletion-rules.ts';
import { cloneJson, equalJson } from './json-value.ts';
import { deleteOptionsOf, writeOptionsOf } from './request-options.ts';
import { isApiError } from '../../../shared/api/errors.ts';

const kindOf = (plural: string): KindDefinition => {
  const kind = new KindCatalog().find('', 'v1', plural);
  if (!kind) throw new Error(plural);
  return kind;
};
const codeOf = (run: () => unknown): number => {
  try {
    run();
  } catch (error) {
    return isApiError(error) ? error.code : -1;
  }
  return 0;
};

describe('graceful deletion', () => {
  const pods = kindOf('pods');
  const now = Date.parse('2026-01-01T00:00:00Z');
  const running = (metadata: KubeObject['metadata'] = {}): KubeObject =>
    ({
      metadata: { name: 'p', ...metadata },
      spec: { nodeName: 'n', terminationGracePeriodSeconds: 30, containers: [] },
      status: { phase: 'Running' },
    }) as KubeObject;

  test('gives a running pod the time its spec says', () => {
    expect(graceOf(pods, running(), undefined, now)).toEqual({
      type: 'graceful',
      seconds: 30,
      deletionTimestamp: '2026-01-01T00:00:30Z',
    });
  });

  test('lets a running period be made shorter, counted from where it began, never longer', () => {
    const deleting = running({ deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 });
    expect(graceOf(pods, deleting, 5, now + 10_000)).toEqual({
      type: 'graceful',
      seconds: 5,
      deletionTimestamp: '2026-01-01T00:00:05Z',
    });
    expect(graceOf(pods, deleting, 60, now)).toEqual({ type: 'pending' });
    expect(graceOf(pods, deleting, undefined, now)).toEqual({ type: 'pending' });
  });

  test('has none for other kinds', () => {
    expect(graceOf(kindOf('configmaps'), { metadata: { name: 'c' } }, 30, now)).toEqual({ type: 'none' });
  });

  test('ends when finalizers, grace and a namespace’s content are gone', () => {
    const gone = { metadata: { deletionTimestamp: 'now' } };
    expect(isReadyToGo(kindOf('configmaps'), { metadata: {} })).toBe(false);
    expect(isReadyToGo(kindOf('configmaps'), gone)).toBe(true);
    expect(isReadyToGo(kindOf('configmaps'), { metadata: { ...gone.metadata, finalizers: ['a/b'] } })).toBe(false);
    expect(isReadyToGo(pods, { metadata: { ...gone.metadata, deletionGracePeriodSeconds: 3 } })).toBe(false);
    expect(isReadyToGo(kindOf('namespaces'), { ...gone, spec: { finalizers: ['kubernetes'] } } as KubeObject)).toBe(
      false,
    );
  });

  test('turns propagation policies into finalizers', () => {
    expect(finalizersFor(['x/y'], 'Orphan')).toEqual(['x/y', 'orphan']);
    expect(finalizersFor(['orphan', 'x/y'], 'Foreground')).toEqual(['x/y', 'foregroundDeletion']);
    expect(finalizersFor(['orphan', 'x/y'], 'Background')).toEqual(['x/y']);
    expect(finalizersFor(['orphan'], undefined)).toEqual(['orphan']);
  });
});

describe('request options', () => {
  test('read dry-run from the query and from the body of a delete', () => {
    expect(writeOptionsOf(new URLSearchParams('dryRun=All&fieldValidation=Strict'))).toEqual({
      dryRun: true,
      fieldValidation: 'Strict',
    });
    expect(
      deleteOptionsOf(new URLSearchParams(), { dryRun: ['All'], gracePeriodSeconds: 0, preconditions: { uid: 'u' } }),
    ).toEqual({
      dryRun: true,
      gracePeriodSeconds: 0,
      preconditions: { uid: 'u' },
    });
  });

  test.each([
    ['dryRun', (): unknown => writeOptionsOf(new URLSearchParams('dryRun=Some')), 422],
    ['fieldValidation', (): unknown => writeOptionsOf(new URLSearchParams('fieldValidation=Loose')), 422],
    ['policy', (): unknown => deleteOptionsOf(new URLSearchParams(), { propagationPolicy: 'Later' }), 422],
    ['grace', (): unknown => deleteOptionsOf(new URLSearchParams('gracePeriodSeconds=x'), undefined), 400],
    ['body', (): unknown => deleteOptionsOf(new URLSearchParams(), [1]), 400],
  ])('refuse a bad %s', (_name, run, code) => {
    expect(codeOf(run)).toBe(code);
  });
});

describe('continue tokens', () => {
  test('come back as they went', () => {
    const where = { revision: 7, after: 'default/web' };
    expect(decodeContinue(encodeContinue(where))).toEqual(where);
  });

  test.each([
    'x',
    Buffer.from('[]').toString('base64url'),
    Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../x\\u0000"}').toString('base64url'),
  ])('refuses %s', (token) => {
    expect(codeOf(() => decodeContinue(token))).toBe(400);
  });
});

describe('JSON values', () => {
  test('are copied without undefined, and a __proto__ member stays a member', () => {
    const value = JSON.parse('{"a":{"__proto__":{"x":1}},"b":[1,null]}') as Record<string, unknown>;
    const copy = cloneJson({ ...value, c: undefined });
    expect(Object.keys(copy)).toEqual(['a', 'b']);
    expect(JSON.stringify(copy)).toBe('{"a":{"__proto__":{"x":1}},"b":[1,null]}');
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test('are equal whatever the order of members', () => {
    expect(equalJson({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 })).toBe(true);
    expect(equalJson({ a: 1 }, { a: 1, b: null })).toBe(false);
    expect(equalJson([1, 2], [2, 1])).toBe(false);
    expect(equalJson({ a: [] }, { a: {} })).toBe(false);
  });
});
