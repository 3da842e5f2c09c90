/**
 * Resolves when the condition holds, asking again after each turn of the event loop. Fails with what was seen last
 * when it does not come true: tests wait for conditions, never for a time.
 */
export async function waitFor<T>(what: string, probe: () => T | undefined | false, turns = 20_000): Promise<T> {
  let last: T | undefined | false;
  for (let turn = 0; turn < turns; turn += 1) {
    last = probe();
    if (last !== undefined && last !== false) return last;
    await new Promise<void>((resolve) => setTimeout(resolve, turn < 100 ? 0 : 1));
  }
  throw new Error(`waited in vain for ${what}; last seen: ${JSON.stringify(last)}`);
}
