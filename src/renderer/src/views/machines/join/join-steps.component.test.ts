import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, test, vi } from 'vitest';
import {
  MACHINE_PHASES,
  type Machine,
  type MachinePhase,
  type MachineStatus,
} from '../../../../../shared/api/machine.ts';
import { renderInApp } from '../../../testing/in-app.ts';
import JoinSteps from './JoinSteps.svelte';

const NEW = `SHA256:${'n'.repeat(43)}`;
const OLD = `SHA256:${'o'.repeat(43)}`;

function failedAt(phase: MachinePhase, reason: string, more: Partial<MachineStatus> = {}, pinned?: string): Machine {
  const at = MACHINE_PHASES.indexOf(phase);
  return {
    metadata: { name: 'wh-1', uid: 'u' },
    spec: { host: '10.0.0.5', ...(pinned ? { hostKeySha256: pinned } : {}) },
    status: {
      ...more,
      conditions: MACHINE_PHASES.map((type, index) => ({
        type,
        status: index < at ? 'True' : index === at ? 'False' : 'Unknown',
        reason: index === at ? reason : 'Waiting',
        message: index === at ? `It failed: ${reason}.` : '',
      })),
    },
  };
}

describe('a key that is not known', () => {
  test('is shown large, and trusting it writes it into the spec', async () => {
    const run = renderInApp(JoinSteps, {
      machine: failedAt('HostKeyVerified', 'AwaitingConsent', { observedHostKeySha256: NEW }),
      oncancel: () => undefined,
    });
    expect(screen.getByTestId('fingerprint').textContent.trim()).toBe(NEW);
    await userEvent.click(screen.getByRole('button', { name: 'Trust this key and go on' }));
    expect(run.requests().at(-1)).toMatchObject({ method: 'PATCH', body: { spec: { hostKeySha256: NEW } } });
  });

  test('can be declined', async () => {
    const oncancel = vi.fn();
    const machine = failedAt('HostKeyVerified', 'AwaitingConsent', { observedHostKeySha256: NEW });
    renderInApp(JoinSteps, { machine, oncancel });
    await userEvent.click(screen.getByRole('button', { name: 'Cancel and remove' }));
    expect(oncancel).toHaveBeenCalledOnce();
  });
});

test('a changed key shows both and is replaced only after the name was typed', async () => {
  const machine = failedAt('HostKeyVerified', 'HostKeyChanged', { observedHostKeySha256: NEW }, OLD);
  const run = renderInApp(JoinSteps, { machine, oncancel: () => undefined });
  expect(screen.getByText(OLD)).toBeTruthy();
  expect(screen.queryByRole('button', { name: /Trust/ })).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Replace the agreed key' }));
  const replace = await screen.findByRole<HTMLButtonElement>('button', { name: 'Replace the key' });
  expect(replace.disabled).toBe(true);
  expect(run.requests()).toEqual([]);
  await userEvent.type(screen.getByRole('textbox', { name: 'Type wh-1 to confirm' }), 'wh-1');
  await userEvent.click(replace);
  expect(run.requests().at(-1)).toMatchObject({ method: 'PATCH', body: { spec: { hostKeySha256: NEW } } });
});

test('a refused sign-in lists what was tried, what was said, and lets one try again or change it', async () => {
  const run = renderInApp(JoinSteps, {
    machine: failedAt('Authenticated', 'AuthenticationRefused', {
      lastOutput: 'Permission denied (publickey).',
      authenticationTried: [
        { method: 'publickey', detail: 'SHA256:x me@laptop', outcome: 'refused' },
        { method: 'password', outcome: 'unavailable' },
      ],
    }),
    oncancel: () => undefined,
  });
  const tried = screen.getByRole('list', { name: 'Ways of signing in that were tried' });
  expect(tried.textContent.replace(/\s+/g, ' ')).toContain(
    'publickey refused SHA256:x me@laptop password not possible',
  );
  expect(screen.getByText('Permission denied (publickey).')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Try again from here' }));
  expect(run.requests().at(-1)).toMatchObject({
    method: 'PATCH',
    body: { metadata: { annotations: { 'machines.wheelhouse.dev/retry-at': expect.any(String) as string } } },
  });
  await userEvent.click(screen.getByRole('button', { name: 'Change address or sign-in' }));
  expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Address and user' }).value).toBe('root@10.0.0.5');
});

test('checks are listed with the failed one first and what to do', () => {
  renderInApp(JoinSteps, {
    machine: failedAt('PreflightPassed', 'ChecksFailed', {
      preflight: [
        { name: 'kernel', result: 'ok', message: 'Linux 6.1.' },
        { name: 'docker', result: 'fail', message: 'Docker is not installed.', fix: 'apt-get install docker.io' },
      ],
    }),
    oncancel: () => undefined,
  });
  const checks = screen.getAllByRole('listitem').filter((item) => item.closest('[aria-label="What was found"]'));
  expect(checks.map((item) => item.textContent.replace(/\s+/g, ' ').trim())).toEqual([
    expect.stringContaining('docker Docker is not installed. What to do: apt-get install docker.io') as string,
    expect.stringContaining('kernel Linux 6.1.') as string,
  ]);
});
