import { z } from 'zod';
import { badRequest, internalError, messageOf, methodNotAllowed } from '../../shared/api/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { readBody, type Answer, type ApiCall, type OwnPaths } from '../apiserver/index.ts';
import { readEventHistory, type HistoryQuery } from '../store/event-history/index.ts';
import { takeBackup, type BackupSource } from './backup/take-backup.ts';

/** Served beside Kubernetes' API to administrators: the same checks, the same log. */
export const BACKUP_PATH = '/wheelhouse/v1/backup';
export const ROTATE_PATH = '/wheelhouse/v1/rotate-secrets-key';
export const EVENT_HISTORY_PATH = '/wheelhouse/v1/event-history';
/** Newest events of the history in one answer. */
const HISTORY_LIMIT = 5_000;

const backupRequest = z.strictObject({ passphrase: z.string().min(12) });

/**
 * `GET` of the backup path gives the whole cluster as a file, private keys and all, so it is for those who may do
 * anything anyway; `POST` with `{"passphrase": …}` gives it with the keys sealed. `POST` of the rotation path seals
 * every Secret with a new key and answers when that is done. `GET` of the history path lists events that the API has
 * forgotten, oldest first: `?namespace=`, `kind=`, `name=` and `uid=` of what they are about, `since=` and `until=` (RFC 3339).
 */
export function ownPaths(deps: {
  backup: BackupSource;
  rotateSecretsKey: () => Promise<void>;
  historyDir: string;
  log: Logger;
}): OwnPaths {
  return {
    [BACKUP_PATH]: async (call) => {
      const body = await takeBackup(deps.backup, passphraseOf(call));
      return { type: 'stream', code: 200, contentType: 'application/gzip', body };
    },
    [EVENT_HISTORY_PATH]: (call) => eventHistory(deps.historyDir, call),
    [ROTATE_PATH]: async (call) => {
      if (call.method !== 'POST') throw methodNotAllowed();
      try {
        await deps.rotateSecretsKey();
      } catch (error) {
        deps.log.error({ err: error }, 'the key of Secrets could not be changed');
        throw internalError(messageOf(error));
      }
      return object({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
    },
  };
}

async function eventHistory(dir: string, { method, query }: ApiCall): Promise<Answer> {
  if (method !== 'GET') throw methodNotAllowed();
  const items: object[] = [];
  for await (const { event } of readEventHistory(dir, historyQuery(query))) {
    items.push(event);
    if (items.length >= 2 * HISTORY_LIMIT) items.splice(0, HISTORY_LIMIT);
  }
  return object({ kind: 'EventList', apiVersion: 'v1', metadata: {}, items: items.slice(-HISTORY_LIMIT) });
}

function historyQuery(query: URLSearchParams): HistoryQuery {
  const text = <K extends string>(name: K): { [name in K]?: string } => {
    const value = query.get(name);
    return value === null ? {} : ({ [name]: value } as { [name in K]?: string });
  };
  const time = (name: 'since' | 'until'): { since?: number; until?: number } => {
    const value = query.get(name);
    if (value === null) return {};
    const ms = Date.parse(value);
    if (Number.isNaN(ms)) throw badRequest(`${name}=${value}: expected a time such as 2026-01-01T00:00:00Z`);
    return { [name]: ms };
  };
  const involved = { ...text('kind'), ...text('name'), ...text('uid') };
  return { ...text('namespace'), ...time('since'), ...time('until'), involved };
}

function passphraseOf({ method, body }: ApiCall): string | undefined {
  if (method === 'GET') return undefined;
  if (method !== 'POST' || !body) throw methodNotAllowed();
  const parsed = backupRequest.safeParse(readBody(body).value);
  if (!parsed.success) throw badRequest('expected {"passphrase": "at least 12 characters"}');
  return parsed.data.passphrase;
}

const object = (value: object): Answer => ({ type: 'object', code: 200, value });
