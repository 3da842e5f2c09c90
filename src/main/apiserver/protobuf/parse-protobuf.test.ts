import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isApiError } from '../../../shared/api/errors.ts';
import { parseProtobuf } from './parse-protobuf.ts';

type Field = [number, number | string | boolean | Uint8Array | Field[]];

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** Encodes `[number, value]` pairs as a client would. */
function message(fields: Field[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number' || typeof value === 'boolean')
        return Buffer.concat([varint(number * 8), varint(BigInt(value))]);
      const bytes = Array.isArray(value) ? message(value) : Buffer.from(value as string);
      return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
    }),
  );
}

const enveloped = (apiVersion: string, kind: string, fields: Field[]): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    message([
      [
        1,
        [
          [1, apiVersion],
          [2, kind],
        ],
      ],
      [2, message(fields)],
      [3, ''],
      [4, ''],
    ]),
  ]);

const codeOf = (bytes: Uint8Array): number => {
  try {
    parseProtobuf(bytes);
  } catch (error) {
    return isApiError(error) ? error.code : -1;
  }
  return 200;
};

describe('protobuf bodies', () => {
  test('become the JSON of the same object', () => {
    const metadata: Field = [
      1,
      [
        [1, 'web'],
        [3, 'default'],
        [4, ''],
        [7, 0],
        [8, []],
        [
          11,
          [
            [1, 'app'],
            [2, 'web'],
          ],
        ],
        [11, [[1, 'empty']]],
      ],
    ];
    const container: Field = [
      2,
      [
        [1, 'c'],
        [2, 'nginx'],
        [5, ''],
        [
          6,
          [
            [1, 'http'],
            [2, 0],
            [3, 80],
            [4, 'TCP'],
            [5, ''],
          ],
        ],
        [
          7,
          [
            [1, 'A'],
            [2, ''],
            [
              3,
              [
                [
                  4,
                  [
                    [1, [[1, 'login']]],
                    [2, 'password'],
                  ],
                ],
              ],
            ],
          ],
        ],
        [
          8,
          [
            [
              1,
              [
                [1, 'cpu'],
                [2, [[1, '250m']]],
              ],
            ],
          ],
        ],
        [
          10,
          [
            [
              1,
              [
                [
                  2,
                  [
                    [1, '/'],
                    [
                      2,
                      [
                        [1, 1],
                        [2, 0],
                        [3, 'http'],
                      ],
                    ],
                  ],
                ],
              ],
            ],
            [4, 0],
            [5, 7],
          ],
        ],
        [16, false],
      ],
    ];
    const deployment = parseProtobuf(
      enveloped('apps/v1', 'Deployment', [
        metadata,
        [
          2,
          [
            [1, 0],
            [
              3,
              [
                [
                  2,
                  [
                    container,
                    [4, 30],
                    [
                      1,
                      [
                        [1, 'v'],
                        [2, [[3, [[1, '']]]]],
                      ],
                    ],
                  ],
                ],
              ],
            ],
            [
              4,
              [
                [1, 'RollingUpdate'],
                [
                  2,
                  [
                    [
                      1,
                      [
                        [1, 0],
                        [2, 1],
                        [3, ''],
                      ],
                    ],
                    [
                      2,
                      [
                        [1, 1],
                        [2, 0],
                        [3, '25%'],
                      ],
                    ],
                  ],
                ],
              ],
            ],
            [5, 0],
          ],
        ],
        [3, [[1, 0]]],
      ]),
    );
    expect(deployment).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default', labels: { app: 'web', empty: '' } },
      spec: {
        replicas: 0,
        template: {
          spec: {
            terminationGracePeriodSeconds: 30,
            containers: [
              {
                name: 'c',
                image: 'nginx',
                ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }],
                env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } }],
                resources: { limits: { cpu: '250m' } },
                livenessProbe: { httpGet: { path: '/', port: 'http' }, successThreshold: 7 },
              },
            ],
          },
        },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: '25%' } },
      },
    });
    const text = JSON.stringify(deployment);
    for (const noise of [
      'selfLink',
      'creationTimestamp',
      'generation',
      'minReadySeconds',
      'hostPort',
      'workingDir',
      'periodSeconds',
      'stdin',
    ])
      expect(text).not.toContain(noise);
  });

  test('keep bytes as base64 and times as RFC 3339', () => {
    expect(
      parseProtobuf(
        enveloped('v1', 'Secret', [
          [
            2,
            [
              [1, 'k'],
              [2, 'hunter2'],
            ],
          ],
          [3, 'Opaque'],
        ]),
      ),
    ).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      data: { k: Buffer.from('hunter2').toString('base64') },
      type: 'Opaque',
    });
    const lease = parseProtobuf(
      enveloped('coordination.k8s.io/v1', 'Lease', [
        [
          2,
          [
            [1, 'me'],
            [2, 40],
            [
              4,
              [
                [1, 1_700_000_000],
                [2, 123_456_000],
              ],
            ],
          ],
        ],
      ]),
    );
    expect(lease).toMatchObject({
      spec: { holderIdentity: 'me', leaseDurationSeconds: 40, renewTime: '2023-11-14T22:13:20.123456Z' },
    });
  });

  test('of unknown kinds are 415, of no kind 400', () => {
    expect(codeOf(enveloped('example.com/v1', 'Thing', []))).toBe(415);
    expect(codeOf(Buffer.from('{"kind":"Pod"}'))).toBe(400);
    expect(codeOf(new Uint8Array())).toBe(400);
  });

  test('cut off or changed anywhere are an ApiError, never anything else', () => {
    const whole = enveloped('v1', 'Pod', [
      [1, [[1, 'p']]],
      [
        2,
        [
          [
            2,
            [
              [1, 'c'],
              [2, 'i'],
            ],
          ],
        ],
      ],
    ]);
    for (let length = 0; length < whole.length; length += 1)
      expect([200, 400, 415]).toContain(codeOf(whole.subarray(0, length)));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        return codeOf(changed) >= 200;
      }),
    );
  });

  test('of a review, with lists in a map', () => {
    const resource: Field = [
      1,
      [
        [1, 'shop'],
        [2, 'list'],
        [5, 'pods'],
        [
          8,
          [
            [
              2,
              [
                [1, 'spec.nodeName'],
                [2, 'In'],
                [3, 'a'],
              ],
            ],
          ],
        ],
      ],
    ];
    const extra: Field = [
      5,
      [
        [1, 'scopes'],
        [
          2,
          [
            [1, 'a'],
            [1, 'b'],
          ],
        ],
      ],
    ];
    const spec: Field = [
      2,
      [
        resource,
        [3, 'ann'],
        [4, 'dev'],
        [4, 'ops'],
        extra,
        [
          5,
          [
            [1, 'none'],
            [2, []],
          ],
        ],
      ],
    ];
    const status: Field = [
      3,
      [
        [1, false],
        [2, ''],
      ],
    ];
    expect(
      parseProtobuf(enveloped('authorization.k8s.io/v1', 'SubjectAccessReview', [[1, [[8, []]]], spec, status])),
    ).toEqual({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        user: 'ann',
        groups: ['dev', 'ops'],
        extra: { scopes: ['a', 'b'], none: [] },
        resourceAttributes: {
          namespace: 'shop',
          verb: 'list',
          resource: 'pods',
          fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['a'] }] },
        },
      },
      status: {},
    });
  });
});
