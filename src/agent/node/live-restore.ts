import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { messageOf } from '../../shared/api/errors.ts';
import { delay } from '../../shared/client/backoff.ts';
import { writeAtomic } from '../state/atomic-file.ts';
import { MACHINE_ROOT } from '../volumes/host-path.ts';

/** Docker's own default; a dockerd that was told another one is left alone. */
export const DAEMON_FILE = '/etc/docker/daemon.json';
const DAEMON_PID = '/run/docker.pid';
/** How long dockerd may take to read its file again. */
const RELOAD_TRIES = 50;
const RELOAD_STEP_MS = 200;

export interface LiveRestoreDeps {
  docker: Docker;
  /** Whether the user agreed, when the machine was joined. */
  wanted: boolean;
  /** Where the file as it was, and as we wrote it, are kept: `daemon.json.before` (none when there was none) and `daemon.json.ours`. */
  stateDir: string;
  /** The machine's file system. */
  root?: string;
  /** Sends dockerd the signal at which it reads its file again. */
  reload?: () => Promise<void>;
}

/** The file with live-restore in it and all else as it was. Throws on a text that is no JSON object. */
export function withLiveRestore(text: string | undefined, on = true): string {
  const settings: unknown = text?.trim() ? JSON.parse(text) : {};
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw new Error(`${DAEMON_FILE} is not a JSON object`);
  return `${JSON.stringify({ ...settings, 'live-restore': on }, null, 2)}\n`;
}

/**
 * Makes Docker's live-restore what was agreed to, so that containers live through a restart of dockerd. What an earlier
 * agreement wrote is taken back with its end, unless somebody has changed the file since. Returns what was done.
 */
export async function agreeLiveRestore(deps: LiveRestoreDeps): Promise<'enabled' | 'reverted' | 'unchanged'> {
  const root = deps.root ?? MACHINE_ROOT;
  const { stateDir } = deps;
  const files = {
    daemon: join(root, DAEMON_FILE),
    before: join(stateDir, 'daemon.json.before'),
    ours: join(stateDir, 'daemon.json.ours'),
  };
  const reload = deps.reload ?? (() => signalDockerd(root));
  const ours = await textOf(files.ours);
  if (!deps.wanted) {
    if (ours === undefined) return 'unchanged';
    const changedSince = (await textOf(files.daemon)) !== ours;
    if (!changedSince) {
      // dockerd takes no notice of a setting that is gone: it has to be told of the other value first.
      await restore(files.daemon, withLiveRestore(ours, false));
      await reload();
      await untilLive(deps.docker, false);
      await restore(files.daemon, await textOf(files.before));
    }
    await rm(files.before, { force: true });
    await rm(files.ours, { force: true });
    return changedSince ? 'unchanged' : 'reverted';
  }
  const info = (await deps.docker.info()) as { LiveRestoreEnabled?: boolean; Swarm?: { LocalNodeState?: string } };
  if (info.LiveRestoreEnabled) return 'unchanged';
  // dockerd would refuse to start with both.
  if (info.Swarm?.LocalNodeState === 'active') throw new Error('live-restore cannot be used in a swarm');
  const before = await textOf(files.daemon);
  const text = withLiveRestore(before);
  if (before === undefined) await rm(files.before, { force: true });
  else await writeAtomic(files.before, before);
  await writeAtomic(files.ours, text);
  await restore(files.daemon, text);
  try {
    await reload();
    await untilLive(deps.docker, true);
  } catch (error) {
    await restore(files.daemon, before);
    await rm(files.ours, { force: true });
    throw new Error(`${DAEMON_FILE} is as it was before: ${messageOf(error)}`, { cause: error });
  }
  return 'enabled';
}

async function untilLive(docker: Docker, wanted: boolean): Promise<void> {
  for (let attempt = 0; attempt < RELOAD_TRIES; attempt += 1) {
    const { LiveRestoreEnabled: on } = (await docker.info()) as { LiveRestoreEnabled?: boolean };
    if (on === wanted) return;
    await delay(RELOAD_STEP_MS, new AbortController().signal);
  }
  throw new Error(`dockerd did not switch live-restore ${wanted ? 'on' : 'off'}`);
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Puts a text in place with the file's own mode, or takes the file away. */
async function restore(file: string, text: string | undefined): Promise<void> {
  if (text === undefined) return rm(file, { force: true });
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => 0o644,
  );
  await writeAtomic(file, text, mode);
}

/** SIGHUP: dockerd reads its file again and restarts nothing. Its number is the machine's, whose processes we share. */
async function signalDockerd(root: string): Promise<void> {
  const pid = Number((await textOf(join(root, DAEMON_PID)))?.trim());
  if (!Number.isInteger(pid) || pid <= 1) throw new Error(`${DAEMON_PID} names no process`);
  process.kill(pid, 'SIGHUP');
}
