import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StoredValue } from '../storage.ts';
import { listSegments } from './segments.ts';

/** An event as it was at one of its writes. An event that was seen again is there once for each time. */
export interface HistoricEvent {
  /** When it was recorded, ISO 8601. */
  at: string;
  revision: number;
  /** core/v1 Event. */
  event: StoredValue;
}

export interface HistoryQuery {
  /** Of the event. */
  namespace?: string;
  /** What it is about; each part that is given must fit. */
  involved?: { kind?: string; name?: string; uid?: string };
  /** Recorded in [since, until), milliseconds since the epoch. */
  since?: number;
  until?: number;
}

/** The events of a history directory, oldest first, also while it is written to. Lines that cannot be read are passed over. */
export async function* readEventHistory(dir: string, query: HistoryQuery = {}): AsyncGenerator<HistoricEvent> {
  const { since = -Infinity, until = Infinity } = query;
  const segments = await listSegments(dir);
  for (const [index, { name, startMs }] of segments.entries()) {
    if (startMs >= until) return;
    if ((segments[index + 1]?.startMs ?? Infinity) < since) continue;
    for await (const record of readSegment(join(dir, name))) {
      const at = Date.parse(record.at);
      if (at >= since && at < until && isWanted(record.event, query)) yield record;
    }
  }
}

/** One file, line by line; a file that was trimmed away meanwhile is empty. */
export async function* readSegment(path: string): AsyncGenerator<HistoricEvent> {
  const input = createReadStream(path);
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const record = parse(line);
      if (record) yield record;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    input.destroy();
  }
}

function parse(line: string): HistoricEvent | undefined {
  try {
    const record = JSON.parse(line) as Partial<HistoricEvent> | null;
    const sound =
      typeof record?.at === 'string' && typeof record.revision === 'number' && typeof record.event === 'object';
    return sound ? (record as HistoricEvent) : undefined;
  } catch {
    // Half a line of a process that was killed.
    return undefined;
  }
}

function isWanted(event: StoredValue, { namespace, involved }: HistoryQuery): boolean {
  if (namespace !== undefined && event.metadata?.['namespace'] !== namespace) return false;
  const about = (event['involvedObject'] ?? {}) as Record<string, unknown>;
  return Object.entries(involved ?? {}).every(([part, value]) => value === undefined || about[part] === value);
}
