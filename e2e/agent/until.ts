const STEP_MS = 100;

/** Waits until `holds` is true of what `look` finds; the failure shows what was awaited and what was seen last. */
export async function until<T>(
  what: string,
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (holds(seen)) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const text = last instanceof Error ? (last.stack ?? last.message) : JSON.stringify(last, null, 2);
      throw new Error(`waited ${timeoutMs} ms until ${what}; last seen: ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
