import { existsSync } from 'node:fs';
import { resolve, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Clock, Logger } from '../../shared/logger.ts';
import { callRunning } from './admin-call.ts';
import { BackupError } from './backup/backup-format.ts';
import { restoreBackup } from './backup/restore.ts';
import { saveBackup, takeBackup } from './backup/take-backup.ts';
import { openStore, StoreInUseError, type OpenedStore } from './open-store.ts';
import { defaultDataDir, OptionError } from './options.ts';
import { BACKUP_PATH, ROTATE_PATH } from './own-paths.ts';
import { readPassphraseFile } from './passphrase.ts';
import type { KeyProtector } from './secret-box.ts';
import { StartError } from './start-error.ts';

export type Command =
  | { name: 'backup'; file: string; dataDir: string; passphraseFile: string | undefined }
  | { name: 'restore'; file: string; dataDir: string; passphraseFile: string | undefined; force: boolean }
  | { name: 'rotate-secrets-key'; dataDir: string };

export const COMMAND_USAGE = `usage: serve backup FILE [--data-dir DIR] [--passphrase-file FILE]
       serve restore FILE --data-dir DIR [--passphrase-file FILE] [--force]
       serve rotate-secrets-key [--data-dir DIR]`;

const NAMES = ['backup', 'restore', 'rotate-secrets-key'] as const;

/** The command a command line names; undefined when it names none and the control plane is to be run. Throws OptionError. */
export function parseCommand(
  args: string[],
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): Command | undefined {
  const name = NAMES.find((each) => each === args[0]);
  if (name === undefined) return undefined;
  const { values, positionals } = parse(args.slice(1));
  const { 'data-dir': given, 'passphrase-file': passphraseFile, force } = values;
  const dataDir = resolve(given ?? defaultDataDir(environment, platform));
  const takesFile = name !== 'rotate-secrets-key';
  const refuse = (message: string): OptionError => new OptionError(`${message}\n${COMMAND_USAGE}`);
  if (positionals.length !== (takesFile ? 1 : 0)) throw refuse(`${name} takes ${takesFile ? 'one file' : 'no file'}`);
  if (force && name !== 'restore') throw refuse(`--force goes with restore`);
  if (passphraseFile !== undefined && !takesFile) throw refuse(`--passphrase-file goes with backup and restore`);
  const file = resolve(positionals[0] ?? '');
  switch (name) {
    case 'backup':
      return { name, file, dataDir, passphraseFile };
    case 'restore':
      if (given === undefined) throw refuse('restore needs --data-dir DIR: where the cluster is to be made');
      return { name, file, dataDir, passphraseFile, force: force ?? false };
    case 'rotate-secrets-key':
      return { name, dataDir };
  }
}

function parse(args: string[]): {
  values: { 'data-dir'?: string; 'passphrase-file'?: string; force?: boolean };
  positionals: string[];
} {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        'data-dir': { type: 'string' },
        'passphrase-file': { type: 'string' },
        force: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : String(error)}\n${COMMAND_USAGE}`);
  }
}

interface Deps {
  protector: KeyProtector;
  clock: Clock;
  log: Logger;
}

/** Carries a command out; resolves with what to tell. Throws StartError or BackupError with a sentence. */
export async function runCommand(command: Command, deps: Deps): Promise<string> {
  switch (command.name) {
    case 'backup':
      return backup(command, deps);
    case 'restore':
      return restore(command, deps);
    case 'rotate-secrets-key':
      await onStore(command.dataDir, deps, {
        running: async () => {
          for await (const _ of await callRunning(command.dataDir, 'POST', ROTATE_PATH));
        },
        stopped: (opened) => opened.rotateSecretsKey(),
      });
      return 'every Secret is sealed with a new key; backups made before keep the old one, and can still be restored';
  }
}

async function backup(
  { file, dataDir, passphraseFile }: Extract<Command, { name: 'backup' }>,
  deps: Deps,
): Promise<string> {
  const passphrase = passphraseFile === undefined ? undefined : await readPassphraseFile(passphraseFile);
  const size = await onStore(dataDir, deps, {
    running: async () =>
      saveBackup(
        file,
        await (passphrase === undefined
          ? callRunning(dataDir, 'GET', BACKUP_PATH)
          : callRunning(dataDir, 'POST', BACKUP_PATH, { passphrase })),
      ),
    stopped: async ({ storage, identity }) =>
      saveBackup(file, await takeBackup({ storage, dataDir, box: identity.box, clock: deps.clock }, passphrase)),
  });
  const warning = passphrase
    ? 'it cannot be restored without the passphrase'
    : 'it holds the private keys of the cluster unprotected: keep it as safe as the data directory, or make it with --passphrase-file';
  return `${file} (${Math.ceil(size / 1024)} KiB) holds the whole cluster; ${warning}`;
}

async function restore(command: Extract<Command, { name: 'restore' }>, deps: Deps): Promise<string> {
  const { file, dataDir, passphraseFile, force } = command;
  const passphrase = passphraseFile === undefined ? undefined : await readPassphraseFile(passphraseFile);
  const { protector, clock } = deps;
  const restored = await restoreBackup(file, dataDir, { passphrase, force, protector, clock });
  const aside = restored.setAside === undefined ? '' : `; what was there before is in ${restored.setAside}`;
  const { createdAt, revision } = restored.backup;
  return `${dataDir} holds cluster ${restored.clusterId} as of ${createdAt} (revision ${revision}, ${restored.objects} objects)${aside}`;
}

/** On the store itself when no control plane has it open, else by asking that control plane. */
async function onStore<T>(
  dataDir: string,
  deps: Deps,
  ways: { running(): Promise<T>; stopped(opened: OpenedStore): Promise<T> },
): Promise<T> {
  if (!existsSync(dataDir)) throw new StartError(`--data-dir ${dataDir}: there is no such directory`);
  // A control plane on etcd has no store in its directory, so it must be running to be asked.
  if (!existsSync(join(dataDir, 'store'))) return ways.running();
  let opened: OpenedStore;
  try {
    opened = await openStore({ dataDir, etcd: undefined }, deps);
  } catch (error) {
    if (error instanceof StoreInUseError) return ways.running();
    throw error;
  }
  try {
    return await ways.stopped(opened);
  } finally {
    await opened.close();
  }
}

/** Whether an error is a sentence for the user rather than a fault of ours. */
export const isSentence = (error: unknown): error is Error =>
  error instanceof BackupError || error instanceof StartError || error instanceof OptionError;
