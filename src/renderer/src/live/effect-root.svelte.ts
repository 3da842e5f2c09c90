import { flushSync } from 'svelte';

/** Runs what a component would run at its start, with state that a test may change. */
export function effectRoot<S extends object, R>(
  initial: S,
  run: (state: S) => R,
): { state: S; result: R; destroy: () => void } {
  const state = $state(initial);
  let result: R | undefined;
  const destroy = $effect.root(() => {
    result = run(state);
  });
  flushSync();
  return { state, result: result as R, destroy };
}
