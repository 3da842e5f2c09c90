/**
 * Runs `count` tasks in batches of 1, 2, 4, 8 …, stopping after the first batch with a failure (upstream
 * slowStartBatch): when every create will fail, a quota say, one request finds out instead of five hundred.
 */
export async function slowStart(
  count: number,
  task: (index: number) => Promise<void>,
): Promise<{ succeeded: number; errors: unknown[] }> {
  let started = 0;
  let succeeded = 0;
  for (let size = Math.min(count, 1); size > 0; size = Math.min(2 * size, count - started)) {
    const results = await Promise.allSettled(Array.from({ length: size }, (_, index) => task(started + index)));
    started += size;
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    succeeded += size - errors.length;
    if (errors.length > 0) return { succeeded, errors };
  }
  return { succeeded, errors: [] };
}

/** Runs a task over items, at most `limit` at once. Every item is tried; the errors are returned. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<unknown[]> {
  const errors: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      try {
        await task(item);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return errors;
}
