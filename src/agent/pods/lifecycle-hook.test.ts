import { expect, test } from 'vitest';
import { aContainer, aPod } from './fixtures.ts';
import { hookFailure, runLifecycleHook } from './lifecycle-hook.ts';

const exits = (exitCode: number) => () => Promise.resolve({ exitCode, output: 'no' });

test('a command that exits with 0 is a hook that went well', async () => {
  const hook = { exec: { command: ['true'] } };
  await expect(runLifecycleHook(hook, aContainer(), '', exits(0), 1_000)).resolves.toBeUndefined();
});

test('another is told with what it printed, in upstream’s words', async () => {
  const hook = { exec: { command: ['sh', '-c', 'x'] } };
  await expect(runLifecycleHook(hook, aContainer(), '', exits(3), 1_000)).rejects.toThrow(
    "command 'sh -c x' exited with 3: no",
  );
  expect(hookFailure(hook, aContainer(), aPod(), 'why')).toBe(
    'Exec lifecycle hook ([sh -c x]) for Container "app" in Pod "web_default(u1)" failed - error: why',
  );
});

test('a port that has no such name', async () => {
  const hook = { httpGet: { port: 'web', path: '/' } };
  await expect(runLifecycleHook(hook, aContainer(), '', exits(0), 1_000)).rejects.toThrow("couldn't find port: web");
});
