import { z } from 'zod';
import { badRequest, internalError, messageOf, methodNotAllowed } from '../../shared/api/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { readBody, type Answer, type ApiCall, type OwnPaths } from '../apiserver/index.ts';
import { takeBackup, type BackupSource } from './backup/take-backup.ts';

/** Served beside Kubernetes' API to administrators: the same checks, the same log. */
export const BACKUP_PATH = '/wheelhouse/v1/backup';
export const ROTATE_PATH = '/wheelhouse/v1/rotate-secrets-key';

const backupRequest = z.strictObject({ passphrase: z.string().min(12) });

/**
 * `GET` of the backup path gives the whole cluster as a file, private keys and all, so it is for those who may do
 * anything anyway; `POST` with `{"passphrase": …}` gives it with the keys sealed. `POST` of the rotation path seals
 * every Secret with a new key and answers when that is done.
 */
export function ownPaths(deps: { backup: BackupSource; rotateSecretsKey: () => Promise<void>; log: Logger }): OwnPaths {
  return {
    [BACKUP_PATH]: async (call) => {
      const body = await takeBackup(deps.backup, passphraseOf(call));
      return { type: 'stream', code: 200, contentType: 'application/gzip', body };
    },
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

function passphraseOf({ method, body }: ApiCall): string | undefined {
  if (method === 'GET') return undefined;
  if (method !== 'POST' || !body) throw methodNotAllowed();
  const parsed = backupRequest.safeParse(readBody(body).value);
  if (!parsed.success) throw badRequest('expected {"passphrase": "at least 12 characters"}');
  return parsed.data.passphrase;
}

const object = (value: object): Answer => ({ type: 'object', code: 200, value });
