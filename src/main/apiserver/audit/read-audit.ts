import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AUDIT_FILE } from './audit-log.ts';
import type { AuditEvent } from './event.ts';

/** Which events are wanted; what is absent does not matter. */
export interface AuditQuery {
  /** As the log was opened with. */
  directory: string;
  /** The user who acted, or was acted for. */
  user?: string;
  verbs?: readonly string[];
  apiGroup?: string;
  resource?: string;
  namespace?: string;
  name?: string;
  /** Milliseconds since the epoch; events before are not read. */
  sinceMs?: number;
  /** The newest this many. */
  limit?: number;
}

const DEFAULT_LIMIT = 200;

/** Finished requests that fit, newest first: who changed what. Lines that are torn are passed over. */
export async function readAudit(query: AuditQuery): Promise<AuditEvent[]> {
  const limit = query.limit ?? DEFAULT_LIMIT;
  const found: AuditEvent[] = [];
  for (const file of await filesIn(query.directory)) {
    const fitting: AuditEvent[] = [];
    let older = false;
    for await (const line of createInterface({ input: createReadStream(join(query.directory, file)) })) {
      const event = parsed(line);
      if (!event) continue;
      if (query.sinceMs !== undefined && Date.parse(event.requestReceivedTimestamp) < query.sinceMs) older = true;
      else if (fits(event, query)) fitting.push(event);
      // Only the newest are kept while a large file goes by.
      if (fitting.length > 2 * limit) fitting.splice(0, fitting.length - limit);
    }
    found.push(...fitting.reverse().slice(0, limit - found.length));
    if (found.length >= limit || older) break;
  }
  return found;
}

/** The newest file first: audit.log, audit.log.1, audit.log.2 … */
async function filesIn(directory: string): Promise<string[]> {
  const files = (await readdir(directory)).flatMap((file) => {
    const number = new RegExp(`^${AUDIT_FILE.replace('.', '\\.')}(?:\\.(\\d+))?$`).exec(file);
    return number ? [{ file, age: Number(number[1] ?? 0) }] : [];
  });
  return files.sort((a, b) => a.age - b.age).map(({ file }) => file);
}

function parsed(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function fits(event: AuditEvent, query: AuditQuery): boolean {
  const ref = event.objectRef ?? {};
  const same = (wanted: string | undefined, is: string | undefined): boolean =>
    wanted === undefined || wanted === (is ?? '');
  return (
    event.stage === 'ResponseComplete' &&
    (query.user === undefined ||
      query.user === event.user.username ||
      query.user === event.impersonatedUser?.username) &&
    (query.verbs === undefined || query.verbs.includes(event.verb)) &&
    same(query.apiGroup, ref.apiGroup) &&
    same(query.resource, ref.resource) &&
    same(query.namespace, ref.namespace) &&
    same(query.name, ref.name)
  );
}
