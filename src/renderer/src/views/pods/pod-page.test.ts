import { screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Pod } from '../../../../shared/api/kinds.ts';
import type { DeploymentRow, PodRow } from '../../../../shared/view/rows.ts';
import { renderInApp, type InAppTest } from '../../testing/in-app.ts';
import PodPage from './PodPage.svelte';

const hash = '#/ns/shop/pods/web-7d-x2?tab=summary';
const row: PodRow = {
  resource: 'pods',
  uid: 'pod-uid',
  name: 'web-7d-x2',
  namespace: 'shop',
  createdAt: '2026-01-01T00:00:00Z',
  state: { kind: 'failing', word: 'CrashLoopBackOff', sentence: 'It ends right after it starts.' },
  simulated: false,
  deleting: false,
  ready: 0,
  total: 1,
  restarts: 3,
  node: 'wh-1',
  ip: '10.42.0.7',
  owner: 'ReplicaSet/web-7d',
  images: ['web:1'],
};

function crashed(finishedAt: string): Pod {
  return {
    metadata: { name: row.name, namespace: 'shop', uid: row.uid },
    spec: { containers: [{ name: 'app', image: 'web:1', resources: { limits: { memory: '64Mi' } } }] },
    status: {
      containerStatuses: [
        {
          name: 'app',
          image: 'web:1',
          imageID: '',
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container=app' } },
          lastState: { terminated: { exitCode: 127, reason: 'Error', message: 'sh: nosuch: not found', finishedAt } },
        },
      ],
    },
  };
}

beforeEach(() => {
  window.location.hash = hash;
});

function show(object: Pod): InAppTest {
  const run = renderInApp(PodPage, { namespace: 'shop', name: row.name });
  run.send('object', { resource: 'pods' }, { object, row, state: 'live', asOf: '' });
  return run;
}

describe('the page of a crashing pod', () => {
  test('says why: the words of the program, what the code means, and when the next try is', () => {
    show(crashed(new Date(Date.now() - 10_000).toISOString()));
    const why = within(screen.getByRole('region', { name: 'Why' }));
    expect(why.getByText('It ends right after it starts.')).toBeTruthy();
    expect(why.getByText('sh: nosuch: not found')).toBeTruthy();
    expect(why.getByText(/Exit code 127 \(Error\), the command was not found in the image/)).toBeTruthy();
    expect(why.getByRole('timer').textContent.trim()).toMatch(/^next try in 0:(29|30)$/);
  });

  test('says that the next try is due when its time has come', () => {
    show(crashed('2026-01-01T00:00:00Z'));
    expect(screen.getAllByRole('timer')[0]?.textContent.trim()).toBe('next try now');
  });

  test('leads to the log of the previous run', async () => {
    show(crashed('2026-01-01T00:00:00Z'));
    await userEvent.click(screen.getByRole('button', { name: 'Log of the previous run' }));
    expect(window.location.hash).toBe('#/ns/shop/pods/web-7d-x2?tab=logs&container=app&run=previous');
  });

  test('offers the roll back of the Deployment behind its ReplicaSet', async () => {
    const run = show(crashed('2026-01-01T00:00:00Z'));
    const replicaSet = { ...row, resource: 'replicasets', name: 'web-7d', owner: 'Deployment/web' };
    run.send('object', { resource: 'replicasets' }, { object: {}, row: replicaSet, state: 'live', asOf: '' });
    const deployment = { ...row, resource: 'deployments', name: 'web' } as unknown as DeploymentRow;
    run.send('object', { resource: 'deployments' }, { object: {}, row: deployment, state: 'live', asOf: '' });
    expect(screen.getByRole('link', { name: 'Deployment web' }).getAttribute('href')).toBe('#/ns/shop/deployments/web');
    const why = within(screen.getByRole('region', { name: 'Why' }));
    await userEvent.click(why.getByRole('button', { name: 'Roll back' }));
    expect(run.app.dialogs.current).toMatchObject({ kind: 'roll-back', deployment: { name: 'web' } });
  });

  test('follows its measurements and events', () => {
    const run = show(crashed('2026-01-01T00:00:00Z'));
    expect(run.opened('metrics', { scope: 'pod', pod: row.name })).toHaveLength(1);
    expect(run.opened('events', { uid: 'pod-uid' })).toHaveLength(1);
  });
});

test('a pod that is gone says so and leads to the list', () => {
  const run = renderInApp(PodPage, { namespace: 'shop', name: row.name });
  run.send('object', { resource: 'pods' }, { object: null, row: null, state: 'live', asOf: '' });
  expect(screen.getByText('Pod web-7d-x2 does not exist')).toBeTruthy();
});
