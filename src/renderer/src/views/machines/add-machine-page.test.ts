import { screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { renderInApp, type InAppTest } from '../../testing/in-app.ts';
import AddMachine from './AddMachine.svelte';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';
const MACHINES = '/apis/machines.wheelhouse.dev/v1alpha1/machines';

beforeEach(() => {
  window.location.hash = '#/machines/add';
});

async function fillIn(address: string): Promise<InAppTest> {
  const run = renderInApp(AddMachine, {});
  run.answer('GET', MACHINES, { ok: true, value: { items: [{ metadata: { name: 'web' } }] } });
  run.answer('GET', '/api/v1/nodes', { ok: true, value: { items: [] } });
  await userEvent.type(screen.getByRole('textbox', { name: 'Address' }), address);
  return run;
}

test('one machine with a password: Secret, Machine, and then its steps', async () => {
  const run = await fillIn('ssh -p 2222 me@web.rack1');
  expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Name of the Node' }).value).toBe('web-2');
  await userEvent.click(screen.getByRole('radio', { name: /Password/ }));
  const password = screen.getByLabelText<HTMLInputElement>('Password', { selector: 'input:not([type=radio])' });
  expect(password.type).toBe('password');
  await userEvent.type(password, 'geheim');
  await userEvent.click(screen.getByRole('button', { name: 'Add machine' }));

  expect(run.requests().at(-1)).toMatchObject({
    method: 'POST',
    path: SECRETS,
    body: { stringData: { password: 'geheim' } },
  });
  run.answer('POST', SECRETS, { ok: true, value: { metadata: { name: 'web-2-ssh-abc', namespace: 'kube-system' } } });
  await waitFor(() =>
    expect(run.requests().at(-1)).toMatchObject({
      method: 'POST',
      path: MACHINES,
      body: {
        metadata: { name: 'web-2' },
        spec: { host: 'web.rack1', port: 2222, user: 'me', credentialRef: { name: 'web-2-ssh-abc' } },
      },
    }),
  );
  run.answer('POST', MACHINES, { ok: true, value: { metadata: { name: 'web-2', uid: 'u' } } });
  await waitFor(() => expect(run.requests().at(-1)?.path).toBe(`${SECRETS}/web-2-ssh-abc`));
  run.answer('PATCH', `${SECRETS}/web-2-ssh-abc`, { ok: true, value: {} });

  await waitFor(() => expect(run.opened('object', { resource: 'machines', name: 'web-2' })).toHaveLength(1));
  expect(window.location.hash).toBe('#/machines/add?join=web-2');
  expect(document.body.innerHTML).not.toContain('geheim');
  run.send(
    'object',
    { resource: 'machines' },
    { object: { metadata: { name: 'web-2' }, spec: { host: 'web.rack1' } }, row: null, state: 'live', asOf: '' },
  );
  expect(screen.getByRole('list', { name: 'Steps of joining web-2' }).querySelectorAll('[data-step]')).toHaveLength(6);
});

test('a refusal says which machine and why, and what was typed stays', async () => {
  const run = await fillIn('root@10.0.0.5');
  await userEvent.click(screen.getByRole('button', { name: 'Add machine' }));
  const status = { code: 403, reason: 'Forbidden', message: 'machines is forbidden', status: 'Failure' } as const;
  run.answer('POST', MACHINES, { ok: false, status });
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('node-10-0-0-5 could not be added: machines is forbidden');
  expect(screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Address' }).value).toBe('root@10.0.0.5');
});

test('nothing is sent while something is wrong', async () => {
  const run = await fillIn('root@ho$t');
  await userEvent.click(screen.getByRole('button', { name: 'Add machine' }));
  expect(screen.getByRole('alert').textContent).toContain('no name or address');
  expect(run.requests().filter((request) => request.method !== 'GET')).toEqual([]);
});

test('a key is asked for when one is to be used', async () => {
  const run = await fillIn('root@10.0.0.5');
  await userEvent.click(screen.getByRole('radio', { name: /Private key/ }));
  await userEvent.click(screen.getByRole('button', { name: 'Add machine' }));
  expect(screen.getByRole('alert').textContent).toContain('Paste the private key');
  expect(run.requests().filter((request) => request.method !== 'GET')).toEqual([]);
});
