/**
 * `clients` callers that each begin the next operation when their last has ended, until `total` were done. Resolves
 * with the seconds it took.
 */
export async function inParallel(
  clients: number,
  total: number,
  operation: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < total) await operation(next++);
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  return (performance.now() - startedAt) / 1000;
}
