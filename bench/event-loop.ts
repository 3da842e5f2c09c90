// How long the server's event loop was held up, by its own measurement.
import type { LoadClient } from './load-client.ts';

/** The monitor's timer is due this often; its delay counts from the time before (prom-client's default precision). */
const PRECISION_MS = 10;

/** The longest delay, in milliseconds, since the last call. The first call begins the measurement. */
export async function worstLoopLag(client: LoadClient): Promise<number> {
  const text = (await client.send('GET', '/metrics')).toString();
  const seconds = Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1] ?? NaN);
  if (Number.isNaN(seconds)) throw new Error('the server does not tell the lag of its event loop');
  return Math.max(0, seconds * 1000 - PRECISION_MS);
}
