import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Logger } from '../../../shared/logger.ts';
import { AuditLog } from './audit-log.ts';
import { microTime, type AuditEvent } from './event.ts';
import { readAudit } from './read-audit.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const warnings: string[] = [];
const ignore = (): void => undefined;
const log: Logger = {
  debug: ignore,
  info: ignore,
  warn: (_fields, message) => void warnings.push(message),
  error: ignore,
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wheelhouse-audit-'));
  warnings.length = 0;
});
afterEach(() => rm(directory, { recursive: true }));

const event = (number: number, padding = ''): AuditEvent => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: String(number),
  stage: 'ResponseComplete',
  requestURI: `/${padding}`,
  verb: 'patch',
  user: { username: 'ada' },
  responseStatus: { metadata: {}, code: 200 },
  requestReceivedTimestamp: microTime(START + number),
  stageTimestamp: microTime(START + number),
});

test('old files are kept to a number, readable by their owner only, and read newest first', async () => {
  const audit = await AuditLog.open({ directory, log, size: '1K', files: 2 });
  for (let number = 0; number < 40; number += 1) {
    audit.push(event(number, 'x'.repeat(200)));
    await audit.flush();
  }
  await audit.close();
  const files = (await readdir(directory)).sort();
  expect(files).toEqual(['audit.log', 'audit.log.1', 'audit.log.2']);
  for (const file of files) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  const ids = (await readAudit({ directory })).map(({ auditID }) => Number(auditID));
  expect(ids[0]).toBe(39);
  expect(ids).toEqual([...ids].sort((a, b) => b - a));
  expect((await readAudit({ directory, sinceMs: START + 38 })).map(({ auditID }) => auditID)).toEqual(['39', '38']);
});

test('what the disk cannot keep up with is dropped and counted', async () => {
  const audit = await AuditLog.open({ directory, log, longestQueue: 3 });
  for (let number = 0; number < 5; number += 1) audit.push(event(number));
  await audit.flush();
  expect(audit.metrics()).toContain('apiserver_audit_event_total 3');
  expect(audit.metrics()).toContain('apiserver_audit_error_total{plugin="log"} 2');
  expect(warnings).toEqual(['audit events are dropped: the disk does not keep up']);
  await audit.close();
});

test('a log is continued, and a torn line is passed over', async () => {
  await writeFile(join(directory, 'audit.log'), `${JSON.stringify(event(1))}\n{"kind":"Ev\n`, { mode: 0o600 });
  const audit = await AuditLog.open({ directory, log });
  audit.push(event(2));
  await audit.close();
  expect((await readAudit({ directory })).map(({ auditID }) => auditID)).toEqual(['2', '1']);
});
