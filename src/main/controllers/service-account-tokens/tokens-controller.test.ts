import { expect, test } from 'vitest';
import { SECRETS, SERVICE_ACCOUNTS, type Secret } from '../../../shared/api/kinds.ts';
import type { Credentials } from '../runtime/credentials.ts';
import { World } from '../testing/world.ts';
import { planSecret } from './plan.ts';
import { tokensController } from './tokens-controller.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';

const credentials: Credentials = {
  caCertificate: 'CA',
  accountToken: (namespace, { name, uid }, secret) => Promise.resolve(`${namespace}/${name}/${uid}/${secret}`),
  readRequest: () => {
    throw new Error('not asked for');
  },
  signRequest: () => Promise.reject(new Error('not asked for')),
};
const secretFor = (account: string, more: Partial<Secret> = {}): Secret => ({
  metadata: { name: 's', namespace: 'ci', annotations: { [NAME]: account } },
  type: TYPE,
  ...more,
});

test('a token Secret is filled once, and goes with its account', async () => {
  const world = new World();
  const account = await world.client.create(SERVICE_ACCOUNTS, { metadata: { name: 'build', namespace: 'ci' } });
  const uid = account.metadata?.uid ?? '';
  await world.client.create(SECRETS, secretFor('build'));
  await world.client.create(SECRETS, { metadata: { name: 'plain', namespace: 'ci' }, type: 'Opaque' });
  await world.run((deps) => tokensController(deps, credentials));
  const secret = (): Promise<Secret> => world.client.get(SECRETS, 's', 'ci');
  const filled = await world.until('the token', secret, ({ data }) => data?.['token'] !== undefined);
  expect(filled.data).toEqual({
    token: base64(`ci/build/${uid}/s`),
    'ca.crt': base64('CA'),
    namespace: base64('ci'),
  });
  expect(filled.metadata?.annotations).toEqual({ [NAME]: 'build', [UID]: uid });

  await world.client.delete(SERVICE_ACCOUNTS, { name: 'build', namespace: 'ci' });
  const names = async (): Promise<string[]> => (await world.list(SECRETS)).map(({ metadata }) => metadata?.name ?? '');
  await world.until('only the other Secret', names, (have) => have.join() === 'plain');
  expect(world.faults).toEqual([]);
});

test('a Secret for nobody is deleted', async () => {
  const world = new World();
  await world.run((deps) => tokensController(deps, credentials));
  await world.client.create(SECRETS, secretFor('nobody'));
  await world.until(
    'no Secret',
    () => world.list(SECRETS),
    (have) => have.length === 0,
  );
});

test('what a Secret needs', () => {
  const account = { metadata: { name: 'build', namespace: 'ci', uid: 'u1' } };
  const data = { token: 'dA==', 'ca.crt': base64('CA'), namespace: base64('ci') };
  const annotations = { [NAME]: 'build', [UID]: 'u1' };
  const kept = secretFor('build', { metadata: { namespace: 'ci', annotations }, data });
  expect(planSecret(kept, account, 'CA')).toEqual({ kind: 'keep' });
  expect(planSecret(kept, account, 'NEW')).toEqual({
    kind: 'fill',
    needsToken: false,
    annotations: {},
    data: { 'ca.crt': base64('NEW') },
  });
  const reborn = { metadata: { ...account.metadata, uid: 'u2' } };
  expect(planSecret(kept, reborn, 'CA')).toEqual({ kind: 'delete' });
});
