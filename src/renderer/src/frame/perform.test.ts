import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../shared/api/errors.ts';
import { Toasts } from '../ui/toasts.svelte.ts';
import { perform } from './perform.ts';

describe('a deed', () => {
  test('says that it was done and can be undone', async () => {
    const toasts = new Toasts();
    const calls: string[] = [];
    const ok = await perform(
      { toasts },
      {
        doing: 'scale web',
        done: 'Scaled web to 5',
        run: () => Promise.resolve(calls.push('run')),
        undo: () => Promise.resolve(calls.push('undo')),
      },
    );
    expect(ok).toBe(true);
    expect(toasts.items.map(({ tone, text, action }) => [tone, text, action?.label])).toEqual([
      ['ok', 'Scaled web to 5', 'Undo'],
    ]);
    toasts.items[0]?.action?.run();
    expect(calls).toEqual(['run', 'undo']);
  });

  test('says what failed, why, and what to do', async () => {
    const toasts = new Toasts();
    const ok = await perform(
      { toasts },
      {
        doing: 'scale web',
        done: 'Scaled web to 5',
        run: () => Promise.reject(new ApiError(409, 'Conflict', 'the object has been modified')),
      },
    );
    expect(ok).toBe(false);
    expect(toasts.items[0]).toMatchObject({ tone: 'fail', text: 'Could not scale web' });
    expect(toasts.items[0]?.detail).toContain('the object has been modified Someone else changed it');
  });
});
