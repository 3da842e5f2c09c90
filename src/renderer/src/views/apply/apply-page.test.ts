import { screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { renderInApp } from '../../testing/in-app.ts';
import { applyDraft } from './apply-draft.svelte.ts';
import ApplyPage from './ApplyPage.svelte';

beforeEach(() => {
  applyDraft.text = '';
  window.location.hash = '#/ns/shop/pods';
});

const isDisabled = (name: RegExp): boolean => screen.getByRole<HTMLButtonElement>('button', { name }).disabled;

describe('applying YAML', () => {
  test('starts from a sample, in the namespace one was in', async () => {
    const run = renderInApp(ApplyPage, {});
    expect(isDisabled(/^Check/)).toBe(true);
    await userEvent.click(screen.getByRole('button', { name: 'ConfigMap' }));
    await userEvent.click(screen.getByRole('button', { name: 'Check' }));
    expect(run.opened('apply').at(-1)?.params).toEqual({ yaml: applyDraft.text, namespace: 'shop', dryRun: true });
    run.send(
      'apply',
      {},
      { results: [{ document: 0, line: 1, outcome: 'created', target: 'configmap/settings', errors: [] }] },
    );
    await screen.findByText('1 would be created');
    expect(screen.getByText('Nothing was changed. Apply does it.')).toBeTruthy();
  });

  test('Ctrl Enter applies, and errors stand in a list with their lines', async () => {
    applyDraft.text = 'kind: Pod\nspec:\n  nonsense: 1\n';
    const run = renderInApp(ApplyPage, {});
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    expect(run.opened('apply').at(-1)?.params).toMatchObject({ dryRun: false });
    const errors = [{ message: 'unknown field "spec.nonsense"', line: 3 }];
    run.send('apply', {}, { results: [{ document: 0, line: 1, outcome: 'failed', target: 'pod/x', errors }] });
    const error = await screen.findByRole('button', { name: '3: unknown field "spec.nonsense"' });
    await userEvent.click(error);
    await waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Manifests'));
  });

  test('a tab is told before anything is sent', async () => {
    applyDraft.text = 'kind: Pod\nspec:\n\tcontainers: []\n';
    const run = renderInApp(ApplyPage, {});
    expect(screen.getByRole('list', { name: 'Problems' }).textContent).toMatch(/line 3.*tab/);
    expect(isDisabled(/^Apply/)).toBe(true);
    await userEvent.keyboard('{Control>}{Enter}{/Control}');
    expect(run.opened('apply')).toEqual([]);
  });

  test('a refusal as a whole says why', async () => {
    applyDraft.text = 'kind: Pod\n';
    const run = renderInApp(ApplyPage, {});
    await userEvent.click(screen.getByRole('button', { name: /^Apply/ }));
    const error = { code: 403, reason: 'Forbidden', message: 'you may not', status: 'Failure' } as const;
    run.server.send({ type: 'end', id: run.server.idOf('apply'), error });
    expect((await screen.findByRole('alert')).textContent).toContain('you may not');
  });

  test('dropped files are added after what is there', async () => {
    applyDraft.text = 'a: 1\n';
    renderInApp(ApplyPage, {});
    const input = screen.getByLabelText<HTMLInputElement>('Manifest files');
    await userEvent.upload(input, [new File(['c: 3'], 'c.yml'), new File(['b: 2'], 'b.yaml')]);
    await waitFor(() => expect(applyDraft.text).toBe('a: 1\n---\nb: 2\n---\nc: 3\n'));
  });
});
