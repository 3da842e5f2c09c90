import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { POD_DISRUPTION_BUDGETS, PODS, type Pod, type PodDisruptionBudget } from '../../../shared/api/kinds.ts';
import { jsonOfAnswer, rawRequest, type RawAnswer } from '../testing/https-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(() => api.close());

const DEFAULT = { namespace: 'default' };
beforeEach(async () => {
  for (const { metadata } of (await api.client.list(POD_DISRUPTION_BUDGETS)).items)
    await api.client.delete(POD_DISRUPTION_BUDGETS, { name: metadata?.name ?? '', ...DEFAULT });
  for (const { metadata } of (await api.client.list(PODS)).items)
    await api.client.delete(PODS, { name: metadata?.name ?? '', ...DEFAULT }, { gracePeriodSeconds: 0 });
});

async function running(name: string, ready = true, phase = 'Running'): Promise<Pod> {
  await api.client.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: 'web' } },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'x' }] },
  });
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  return api.client.patch(PODS, { name, ...DEFAULT, subresource: 'status' }, { status: { phase, conditions } });
}

async function budget(
  name: string,
  status: Partial<NonNullable<PodDisruptionBudget['status']>>,
  spec: NonNullable<PodDisruptionBudget['spec']> = {},
): Promise<void> {
  await api.client.create(POD_DISRUPTION_BUDGETS, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: 'default' },
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } }, ...spec },
  });
  const whole = {
    observedGeneration: 1,
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    disruptionsAllowed: 0,
    ...status,
  };
  await api.client.patch(POD_DISRUPTION_BUDGETS, { name, ...DEFAULT, subresource: 'status' }, { status: whole });
}

const evict = (name: string, body: object = {}, apiVersion = 'policy/v1'): Promise<RawAnswer> =>
  rawRequest(api, {
    method: 'POST',
    path: `/api/v1/namespaces/default/pods/${name}/eviction`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion, kind: 'Eviction', metadata: { name, namespace: 'default' }, ...body }),
  });
const stored = (name: string) => api.client.get(PODS, name, 'default');
const budgetStatus = async (name: string) => (await api.client.get(POD_DISRUPTION_BUDGETS, name, 'default')).status;
const NEEDS_MORE = { currentHealthy: 2, desiredHealthy: 2, expectedPods: 2, disruptionsAllowed: 0 };

describe('eviction', () => {
  test('without a budget deletes, and says why in the status', async () => {
    await running('a');
    const answer = await evict('a', { deleteOptions: { gracePeriodSeconds: 5 } });
    expect(answer.code).toBe(201);
    expect(jsonOfAnswer(answer)).toMatchObject({ kind: 'Status', status: 'Success' });
    const pod = await stored('a');
    expect(pod.metadata?.deletionGracePeriodSeconds).toBe(5);
    expect(pod.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      }),
    );
  });

  test('takes the old version of the body, and no other name', async () => {
    await running('a');
    expect((await evict('a', {}, 'policy/v1beta1')).code).toBe(201);
    const other = await evict('a', { metadata: { name: 'b' } });
    expect([other.code, jsonOfAnswer(other)['message']]).toEqual([
      400,
      'name in URL does not match name in Eviction object',
    ]);
    expect((await evict('missing')).code).toBe(404);
  });

  test('uses up what the budget allows, then is refused with the numbers', async () => {
    await running('a');
    await running('b');
    await budget('pdb', { currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 });
    expect((await evict('a', { deleteOptions: { dryRun: ['All'] } })).code).toBe(201);
    expect((await budgetStatus('pdb'))?.disruptionsAllowed).toBe(1);
    expect((await evict('a')).code).toBe(201);
    expect(await budgetStatus('pdb')).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { a: expect.any(String) as string },
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    });
    const refused = await evict('b');
    expect(refused.code).toBe(429);
    expect(refused.headers['retry-after']).toBeUndefined();
    expect(jsonOfAnswer(refused)).toMatchObject({
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget pdb needs 2 healthy pods and has 3 currently' },
        ],
      },
    });
    expect((await stored('b')).metadata?.deletionTimestamp).toBeUndefined();
  });

  test('many at once take no more than is allowed', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
    for (const name of names) await running(name);
    await budget('pdb', { currentHealthy: 12, desiredHealthy: 9, expectedPods: 12, disruptionsAllowed: 3 });
    const codes = (await Promise.all(names.map((name) => evict(name)))).map(({ code }) => code);
    expect(codes.filter((code) => code === 201)).toHaveLength(3);
    expect(codes.filter((code) => code === 429)).toHaveLength(9);
  });

  test('waits for a controller that has not seen the budget as it is', async () => {
    await running('a');
    await budget('pdb', { disruptionsAllowed: 1, observedGeneration: 0 });
    const refused = await evict('a');
    expect([refused.code, refused.headers['retry-after']]).toEqual([429, '10']);
    expect(jsonOfAnswer(refused)).toMatchObject({
      details: { causes: [{ message: 'The disruption budget pdb is still being processed by the server.' }] },
    });
  });

  test('refuses a pod with two budgets', async () => {
    await running('a');
    await budget('one', { disruptionsAllowed: 1 });
    await budget('two', { disruptionsAllowed: 1 });
    const answer = await evict('a');
    expect([answer.code, jsonOfAnswer(answer)['message']]).toEqual([
      500,
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    ]);
  });

  test.each(['Pending', 'Succeeded', 'Failed'])('a %s pod disrupts nothing', async (phase) => {
    await running('a', false, phase);
    await budget('pdb', NEEDS_MORE);
    expect((await evict('a')).code).toBe(201);
  });

  test('a pod that is not ready goes while the others are enough, or always when the budget says so', async () => {
    await running('sick', false);
    await budget('pdb', { ...NEEDS_MORE, currentHealthy: 1 });
    expect((await evict('sick')).code).toBe(429);
    await api.client.patch(
      POD_DISRUPTION_BUDGETS,
      { name: 'pdb', ...DEFAULT, subresource: 'status' },
      { status: { currentHealthy: 2 } },
    );
    expect((await evict('sick')).code).toBe(201);
    expect((await budgetStatus('pdb'))?.disruptedPods).toBeUndefined();
    await running('worse', false);
    await api.client.delete(POD_DISRUPTION_BUDGETS, { name: 'pdb', ...DEFAULT });
    await budget('always', { ...NEEDS_MORE, currentHealthy: 0 }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    expect((await evict('worse')).code).toBe(201);
  });

  test('a budget of other pods does not matter, one of all pods does', async () => {
    await running('a');
    await budget('others', NEEDS_MORE, { selector: { matchLabels: { app: 'db' } } });
    await budget('none', NEEDS_MORE, { selector: {} });
    expect((await evict('a')).code).toBe(429);
  });

  test('preconditions are kept', async () => {
    await running('a');
    expect((await evict('a', { deleteOptions: { preconditions: { uid: 'another' } } })).code).toBe(409);
    expect((await evict('a', { deleteOptions: { preconditions: { resourceVersion: '1' } } })).code).toBe(409);
    const { metadata } = await stored('a');
    const precise = { uid: metadata?.uid, resourceVersion: metadata?.resourceVersion };
    expect((await evict('a', { deleteOptions: { preconditions: precise } })).code).toBe(201);
  });
});
