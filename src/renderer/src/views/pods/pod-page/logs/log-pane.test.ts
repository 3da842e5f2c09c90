import { screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Pod } from '../../../../../../shared/api/kinds.ts';
import { renderInApp, type InAppTest } from '../../../../testing/in-app.ts';
import LogPane from './LogPane.svelte';

const status = { image: 'x', imageID: '', ready: true, restartCount: 1 };
const pod: Pod = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    containers: [
      { name: 'app', image: 'app:1' },
      { name: 'proxy', image: 'proxy:1' },
    ],
  },
  status: {
    containerStatuses: [
      { ...status, name: 'app', state: { running: {} }, lastState: { terminated: { exitCode: 1 } } },
      { ...status, name: 'proxy', state: { running: {} } },
    ],
  },
};

beforeEach(() => {
  localStorage.clear();
  // jsdom lays nothing out: the list must believe it has a height to draw lines.
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(400);
  vi.spyOn(HTMLElement.prototype, 'offsetWidth', 'get').mockReturnValue(800);
});
afterEach(() => vi.restoreAllMocks());

const open = (more: Partial<{ container: string; previous: boolean }> = {}): InAppTest =>
  renderInApp(LogPane, { pod, ...more });
const shownLines = (): number => screen.getByRole('log').querySelectorAll('[data-index]').length;

describe('a log', () => {
  test('follows the container that matters, from its last thousand lines', () => {
    expect(open().opened('logs').at(-1)?.params).toEqual({
      namespace: 'shop',
      pod: 'web',
      container: 'app',
      follow: true,
      previous: false,
      timestamps: false,
      tailLines: 1000,
    });
  });

  test('of 60,000 lines draws those in view, as text', async () => {
    const run = open();
    run.send('logs', {}, { text: Array.from({ length: 60_000 }, (_, line) => `<b>line ${line}</b>\n`).join('') });
    await screen.findByText('60,000 lines');
    await screen.findByText('<b>line 0</b>');
    expect(shownLines()).toBeLessThan(120);
    expect(screen.getByRole('log').querySelector('b')).toBeNull();
  });

  test('is searched: hits are counted and walked through', async () => {
    const run = open();
    run.send('logs', {}, { text: 'good\nbad one\ngood\nbad two\n' });
    await screen.findByText('4 lines');
    const search = screen.getByRole('searchbox', { name: 'Search in the log' });
    await userEvent.type(search, 'BAD');
    await screen.findByText('2');
    await userEvent.keyboard('{Enter}{Enter}');
    await screen.findByText('2 of 2');
    await userEvent.click(screen.getByRole('button', { name: 'Next hit' }));
    await screen.findByText('1 of 2');
    expect(screen.getByRole('log').querySelector('mark.current')?.textContent).toBe('bad');
    await userEvent.type(search, '{Escape}');
    await waitFor(() => expect(screen.getByRole('log').querySelector('mark')).toBeNull());
  });

  test('with timestamps is read anew', async () => {
    const run = open();
    await userEvent.click(screen.getByRole('checkbox', { name: 'Timestamps' }));
    expect(run.opened('logs', { timestamps: true })).toHaveLength(1);
  });

  test('of the previous run does not follow', () => {
    expect(open({ previous: true }).opened('logs').at(-1)?.params).toMatchObject({ previous: true, follow: false });
  });

  test('that ended can be read again', async () => {
    const run = open();
    run.send('logs', {}, { text: 'bye\n' });
    run.server.send({ type: 'end', id: run.server.idOf('logs') });
    await userEvent.click(await screen.findByRole('button', { name: 'Read again' }));
    expect(run.opened('logs')).toHaveLength(2);
  });

  test('that cannot be read says why', async () => {
    const run = open();
    const message = 'previous terminated container "app" in pod "web" not found';
    const error = { code: 400, reason: 'BadRequest', message, status: 'Failure' } as const;
    run.server.send({ type: 'end', id: run.server.idOf('logs'), error });
    expect((await screen.findByRole('alert')).textContent).toContain(message);
  });

  test('that broke off with the connection is read again once it is back', async () => {
    const run = open();
    run.send('logs', {}, { text: 'one\n' });
    await screen.findByText('1 line');
    run.server.drop();
    await waitFor(() => expect(run.server.dials).toBe(2), { timeout: 3000 });
    run.server.accept();
    await waitFor(() => expect(run.opened('logs')).toHaveLength(1));
  });
});
