import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../shared/api/errors.ts';
import { kindNamed } from '../testing/samples.ts';
import { applyPatch } from './apply-patch.ts';

const deployment = kindNamed('Deployment');
const strategic = (current: unknown, patch: unknown, kindName = 'Deployment') =>
  applyPatch(kindNamed(kindName), current, patch, 'strategic');
/** A pod with these lists, as strategic merge of a Pod sees it. */
const pod = (spec: object) => ({ spec });

function refusal(attempt: () => unknown): ApiError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('JSON merge patch', () => {
  // The table of RFC 7386, appendix A, for what an object can be.
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j + %j', (current, patch, result) => {
    expect(applyPatch(deployment, current, patch, 'merge')).toEqual(result);
  });

  test('a body that is no object is 400', () => {
    expect(refusal(() => applyPatch(deployment, {}, [1], 'merge')).code).toBe(400);
  });
});

describe('JSON patch', () => {
  const current = { spec: { replicas: 1, list: ['a'] } };

  test('operations apply in order, to a copy', () => {
    const patch = [
      { op: 'test', path: '/spec/replicas', value: 1 },
      { op: 'replace', path: '/spec/replicas', value: 2 },
      { op: 'add', path: '/spec/list/-', value: 'b' },
      { op: 'copy', from: '/spec/list', path: '/spec/more' },
    ];
    expect(applyPatch(deployment, current, patch, 'json')).toEqual({
      spec: { replicas: 2, list: ['a', 'b'], more: ['a', 'b'] },
    });
    expect(current).toEqual({ spec: { replicas: 1, list: ['a'] } });
  });

  test.each([
    ['a failed test', [{ op: 'test', path: '/spec/replicas', value: 9 }], 422],
    ['a path that is not there', [{ op: 'remove', path: '/spec/missing/deep' }], 422],
    ['an unknown operation', [{ op: 'frobnicate', path: '/spec' }], 422],
    ['a way into the prototype', [{ op: 'add', path: '/__proto__/polluted', value: 1 }], 422],
    ['an operation without a path', [{ op: 'remove' }], 400],
    ['an object', { op: 'remove', path: '/spec' }, 400],
    [
      'too many operations',
      Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/spec/replicas', value: 1 })),
      413,
    ],
  ])('%s is refused', (_name, patch, code) => {
    expect(refusal(() => applyPatch(deployment, current, patch, 'json')).code).toBe(code);
  });

  test('copies cannot double an object until memory ends', () => {
    const patch = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '/spec', path: `/spec/copy${index}` }));
    expect(refusal(() => applyPatch(deployment, { spec: { text: 'x'.repeat(1000) } }, patch, 'json')).code).toBe(413);
  });
});

describe('strategic merge patch', () => {
  const one = { name: 'one', image: 'a', env: [{ name: 'K', value: '1' }] };
  const two = { name: 'two', image: 'b' };

  test('lists merge by their key, and new items are appended', () => {
    expect(
      strategic(
        pod({ containers: [one, two] }),
        pod({ containers: [{ name: 'two', image: 'c' }, { name: 'three' }] }),
        'Pod',
      ),
    ).toEqual(pod({ containers: [one, { name: 'two', image: 'c' }, { name: 'three' }] }));
  });

  test('kubectl set image: merged through the template, order kept', () => {
    const current = { spec: { replicas: 2, template: { spec: { containers: [one, two] } } } };
    const patch = {
      spec: {
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'one' }, { name: 'two' }],
            containers: [{ name: 'one', image: 'new' }],
          },
        },
      },
    };
    expect(strategic(current, patch)).toEqual({
      spec: { replicas: 2, template: { spec: { containers: [{ ...one, image: 'new' }, two] } } },
    });
  });

  test('nested lists merge by their own keys', () => {
    const patch = pod({
      containers: [
        {
          name: 'one',
          env: [
            { name: 'L', value: '2' },
            { name: 'K', value: null, valueFrom: {} },
          ],
        },
      ],
    });
    expect(strategic(pod({ containers: [one] }), patch, 'Pod')).toEqual(
      pod({
        containers: [
          {
            name: 'one',
            image: 'a',
            env: [
              { name: 'K', valueFrom: {} },
              { name: 'L', value: '2' },
            ],
          },
        ],
      }),
    );
  });

  test('$patch: delete removes one item', () => {
    expect(
      strategic(pod({ containers: [one, two] }), pod({ containers: [{ name: 'one', $patch: 'delete' }] }), 'Pod'),
    ).toEqual(pod({ containers: [two] }));
  });

  test('$patch: replace in a list replaces the list', () => {
    expect(
      strategic(pod({ containers: [one, two] }), pod({ containers: [{ name: 'new' }, { $patch: 'replace' }] }), 'Pod'),
    ).toEqual(pod({ containers: [{ name: 'new' }] }));
  });

  test('$patch: replace in an object replaces the object', () => {
    const current = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: {} } } };
    expect(strategic(current, { spec: { strategy: { $patch: 'replace', type: 'Recreate' } } })).toEqual({
      spec: { strategy: { type: 'Recreate' } },
    });
  });

  test('$retainKeys drops the other branch of a union', () => {
    const current = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
    expect(strategic(current, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } })).toEqual({
      spec: { strategy: { type: 'Recreate' } },
    });
    const volumes = pod({ volumes: [{ name: 'v', emptyDir: {} }] });
    expect(
      strategic(
        volumes,
        pod({ volumes: [{ $retainKeys: ['name', 'configMap'], name: 'v', configMap: { name: 'c' } }] }),
        'Pod',
      ),
    ).toEqual(pod({ volumes: [{ name: 'v', configMap: { name: 'c' } }] }));
  });

  test('lists without a merge key are replaced: tolerations, taints, args', () => {
    expect(strategic(pod({ tolerations: [{ key: 'a' }] }), pod({ tolerations: [{ key: 'b' }] }), 'Pod')).toEqual(
      pod({ tolerations: [{ key: 'b' }] }),
    );
    expect(strategic(pod({ taints: [{ key: 'a' }] }), pod({ taints: [{ key: 'b' }] }), 'Node')).toEqual(
      pod({ taints: [{ key: 'b' }] }),
    );
  });

  test('finalizers are a set: added to, and deleted from by name', () => {
    const current = { metadata: { finalizers: ['a/x', 'b/y'] } };
    expect(strategic(current, { metadata: { finalizers: ['c/z', 'a/x'] } })).toEqual({
      metadata: { finalizers: ['a/x', 'b/y', 'c/z'] },
    });
    expect(strategic(current, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a/x'] } })).toEqual({
      metadata: { finalizers: ['b/y'] },
    });
  });

  test('$setElementOrder sorts, and keeps what another writer added in its place', () => {
    const names = (result: unknown) =>
      (result as { spec: { containers: { name: string }[] } }).spec.containers.map(({ name }) => name);
    const items = (...list: string[]) => list.map((name) => ({ name }));
    const patch = { '$setElementOrder/containers': items('c', 'a'), containers: [{ name: 'a', image: 'i' }] };
    expect(names(strategic(pod({ containers: items('a', 'sidecar', 'c') }), pod(patch), 'Pod'))).toEqual([
      'sidecar',
      'c',
      'a',
    ]);
    expect(
      names(
        strategic(
          pod({ containers: items('a', 'b', 'x') }),
          pod({ '$setElementOrder/containers': items('b', 'a') }),
          'Pod',
        ),
      ),
    ).toEqual(['b', 'a', 'x']);
  });

  test('null removes a field; what is new keeps neither nulls nor directives', () => {
    expect(strategic({ spec: { paused: true, replicas: 1 } }, { spec: { paused: null } })).toEqual({
      spec: { replicas: 1 },
    });
    expect(
      strategic({}, { spec: { template: { spec: { hostname: null, containers: [{ name: 'x', image: null }] } } } }),
    ).toEqual({
      spec: { template: { spec: { containers: [{ name: 'x' }] } } },
    });
  });

  test('labels merge key by key', () => {
    expect(
      strategic({ metadata: { labels: { a: '1', b: '2' } } }, { metadata: { labels: { b: null, c: '3' } } }),
    ).toEqual({
      metadata: { labels: { a: '1', c: '3' } },
    });
  });

  test('the stored object is not touched', () => {
    const current = Object.freeze({ spec: Object.freeze({ containers: Object.freeze([Object.freeze({ ...one })]) }) });
    expect(strategic(current, pod({ containers: [{ name: 'one', image: 'z' }] }), 'Pod')).toEqual(
      pod({ containers: [{ ...one, image: 'z' }] }),
    );
    expect(current.spec.containers[0]?.image).toBe('a');
  });

  test.each([
    ['an item without its key', { containers: [{ image: 'x' }] }, /does not contain declared merge key: name/],
    ['an unknown directive', { $patch: 'explode' }, /Unknown patch type/],
    ['an order that is no list', { '$setElementOrder/containers': 'a' }, /setElementOrder/],
    ['$retainKeys that forget a field', { securityContext: { $retainKeys: [], runAsUser: 1 } }, /retainKeys/],
    ['a text where an object belongs', { containers: ['x'] }, /list of objects/],
  ])('%s is 400', (_name, patch, message) => {
    const error = refusal(() => strategic(pod({ containers: [one] }), pod(patch), 'Pod'));
    expect(error.code).toBe(400);
    expect(error.message).toMatch(message);
  });

  test('a custom kind has no merge keys: 415', () => {
    expect(refusal(() => strategic({}, {}, 'Machine')).code).toBe(415);
  });
});
