import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NAMESPACES, PODS, SERVICE_ACCOUNTS, type Pod } from '../../../shared/api/kinds.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

type PodSpec = NonNullable<Pod['spec']>;

let api: TestServer;
let made = 0;
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

beforeAll(async () => {
  api = await startTestServer();
  await api.client.create(NAMESPACES, { metadata: { name: 'ci' } });
});
afterAll(() => api.close());

const create = (spec: Partial<PodSpec>, metadata: Pod['metadata'] = {}): Promise<Pod> =>
  api.client.create(PODS, {
    metadata: { name: `p${(made += 1)}`, namespace: 'ci', ...metadata },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  });
const refusal = async (spec: Partial<PodSpec>, metadata?: Pod['metadata']): Promise<string> => {
  try {
    await create(spec, metadata);
    return 'taken';
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^pods "p\d+" is forbidden: /, '') : String(error);
  }
};

describe('a pod', () => {
  test('has its account’s token, the authority and its namespace in every container', async () => {
    const { spec } = await create({
      initContainers: [{ name: 'i', image: 'i' }],
      containers: [
        { name: 'c', image: 'i', volumeMounts: [{ name: 'own', mountPath: '/own' }] },
        { name: 'd', image: 'i', volumeMounts: [{ name: 'own', mountPath: MOUNT_PATH }] },
      ],
      volumes: [{ name: 'own', emptyDir: {} }],
    });
    const name = spec?.volumes?.[1]?.name ?? '';
    expect(name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect([spec?.serviceAccountName, spec?.serviceAccount]).toEqual(['default', 'default']);
    expect(spec?.volumes?.[1]).toEqual({
      name,
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          {
            downwardAPI: {
              items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
            },
          },
        ],
        defaultMode: 420,
      },
    });
    const mount = { name, readOnly: true, mountPath: MOUNT_PATH };
    expect(spec?.initContainers?.[0]?.volumeMounts).toEqual([mount]);
    expect(spec?.containers[0]?.volumeMounts?.[1]).toEqual(mount);
    expect(spec?.containers[1]?.volumeMounts).toEqual([{ name: 'own', mountPath: MOUNT_PATH }]);
  });

  test('has none when it, or its account, wants none; the pod’s word counts', async () => {
    await api.client.create(SERVICE_ACCOUNTS, {
      metadata: { name: 'shy', namespace: 'ci' },
      automountServiceAccountToken: false,
      imagePullSecrets: [{ name: 'registry' }],
    });
    const volumes = async (spec: Partial<PodSpec>): Promise<number> => (await create(spec)).spec?.volumes?.length ?? 0;
    expect(await volumes({ automountServiceAccountToken: false })).toBe(0);
    expect(await volumes({ serviceAccountName: 'shy' })).toBe(0);
    expect(await volumes({ serviceAccountName: 'shy', automountServiceAccountToken: true })).toBe(1);
  });

  test('has its account’s pull secrets unless it names its own', async () => {
    const pull = async (spec: Partial<PodSpec>): Promise<unknown> =>
      (await create({ serviceAccountName: 'shy', ...spec })).spec?.imagePullSecrets;
    expect(await pull({})).toEqual([{ name: 'registry' }]);
    expect(await pull({ imagePullSecrets: [{ name: 'mine' }] })).toEqual([{ name: 'mine' }]);
  });

  test('of an account that is not there is refused', async () => {
    expect(await refusal({ serviceAccountName: 'nobody' })).toBe(
      'error looking up service account ci/nobody: serviceaccount "nobody" not found',
    );
  });

  test('waits a moment for the default account of a new namespace', async () => {
    await api.client.create(NAMESPACES, { metadata: { name: 'new' } });
    const pod = await create({}, { namespace: 'new' });
    expect(pod.spec?.serviceAccountName).toBe('default');
  });
});

describe('a mirror pod', () => {
  const mirror = (spec: Partial<PodSpec>): Promise<string> =>
    refusal(spec, { name: `m${(made += 1)}`, annotations: { 'kubernetes.io/config.mirror': 'x' } }).then((text) =>
      text.replace(/^pods "m\d+" is forbidden: /, ''),
    );

  test.each<[string, Partial<PodSpec>, string]>([
    ['nothing', {}, 'taken'],
    ['an account', { serviceAccountName: 'default' }, 'a mirror pod may not reference service accounts'],
    ['a Secret', { volumes: [{ name: 'v', secret: { secretName: 's' } }] }, 'a mirror pod may not reference secrets'],
    [
      'a token',
      { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
      'a mirror pod may not use ServiceAccountToken volume projections',
    ],
  ])('with %s', async (_what, spec, outcome) => {
    expect(await mirror(spec)).toBe(outcome);
  });
});

describe('an account that lists what may be mounted', () => {
  beforeAll(() =>
    api.client.create(SERVICE_ACCOUNTS, {
      metadata: {
        name: 'strict',
        namespace: 'ci',
        annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' },
      },
      secrets: [{ name: 'listed' }],
      imagePullSecrets: [{ name: 'registry' }],
    }),
  );
  const env = (name: string): NonNullable<PodSpec['containers'][number]['env']> => [
    { name: 'X', valueFrom: { secretKeyRef: { name, key: 'k' } } },
  ];
  const because = 'is not allowed because service account strict does not reference that secret';

  test.each<[string, Partial<PodSpec>, string]>([
    [
      'what is listed',
      {
        volumes: [{ name: 'v', secret: { secretName: 'listed' } }],
        containers: [{ name: 'c', image: 'i', env: env('listed') }],
      },
      'taken',
    ],
    [
      'another volume',
      { volumes: [{ name: 'v', secret: { secretName: 'other' } }] },
      `volume with secret.secretName="other" ${because}`,
    ],
    [
      'another variable',
      { containers: [{ name: 'c', image: 'i', env: env('other') }] },
      `container c with envVar X referencing secret.secretName="other" ${because}`,
    ],
    [
      'all variables of another',
      { initContainers: [{ name: 'i', image: 'i', envFrom: [{ secretRef: { name: 'other' } }] }] },
      `init container i with envFrom referencing secret.secretName="other" ${because}`,
    ],
    [
      'another pull secret',
      { imagePullSecrets: [{ name: 'other' }] },
      'imagePullSecrets[0].name="other" is not allowed because service account strict does not reference that imagePullSecret',
    ],
  ])('and a pod with %s', async (_what, spec, outcome) => {
    expect(await refusal({ serviceAccountName: 'strict', ...spec })).toBe(outcome);
  });
});
