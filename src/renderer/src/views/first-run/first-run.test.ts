import { screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import type { InfoMessage } from '../../../../shared/live/contract.ts';
import { renderInApp } from '../../testing/in-app.ts';
import FirstRun from './FirstRun.svelte';
import { simulatedCount } from './simulated-count.ts';

const info = (localDocker: InfoMessage['localDocker']): Partial<InfoMessage> => ({ localDocker });
const isDisabled = (name: string): boolean => screen.getByRole<HTMLButtonElement>('button', { name }).disabled;

test("this computer's Docker is offered when there is one", async () => {
  const run = renderInApp(FirstRun, {});
  expect(isDisabled('Use this computer')).toBe(true);
  run.server.data('info', info({ available: true }));
  await waitFor(() => expect(isDisabled('Use this computer')).toBe(false));
  await userEvent.click(screen.getByRole('button', { name: 'Use this computer' }));
  expect(run.requests().at(-1)).toMatchObject({
    method: 'POST',
    body: { spec: { host: 'local', connection: 'Local' } },
  });
});

test('says why it is not', async () => {
  const { server } = renderInApp(FirstRun, {});
  server.data('info', info({ available: false, reason: 'Docker is not installed.' }));
  await screen.findByText('Docker is not installed.');
  expect(isDisabled('Use this computer')).toBe(true);
});

test('three simulated machines, or as many as one likes', async () => {
  const run = renderInApp(FirstRun, {});
  await userEvent.click(screen.getByRole('button', { name: 'Simulate' }));
  expect(run.opened('simulate').at(-1)?.params).toEqual({ count: 3 });
  run.send('simulate', {}, { nodes: 3 });
  await waitFor(() => expect(window.location.hash).toBe('#/nodes'));
});

test.each([
  ['1', 1],
  [' 5000 ', 5000],
  ['0', null],
  ['5001', null],
  ['2.5', null],
  ['', null],
  ['many', null],
])('%j machines: %s', (text, count) => expect(simulatedCount(text)).toBe(count));
