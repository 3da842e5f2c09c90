import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { Pod } from '../../shared/api/kinds.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import { MACHINE_ROOT } from '../volumes/host-path.ts';
import { PodDirectory } from '../volumes/pod-directory.ts';
import type { LocalUsage } from './local-storage.ts';

/** Bytes on disk below a path, on its own file system; what vanishes meanwhile counts nothing. */
export async function bytesBelow(path: string, device?: number): Promise<number> {
  const found = await lstat(path).catch(ifGone);
  if (!found) return 0;
  // Where another file system begins is a directory; files of an overlay say another device than their folder.
  if (found.isDirectory() && device !== undefined && found.dev !== device) return 0;
  // st_blocks is in units of 512 bytes whatever the file system's.
  let total = found.blocks * 512;
  if (!found.isDirectory()) return total;
  for (const name of (await readdir(path).catch(ifGone)) ?? []) total += await bytesBelow(join(path, name), found.dev);
  return total;
}

function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

/** Measures what pods have on the machine's disk. */
export class DiskUsage {
  constructor(
    private readonly docker: Docker,
    private readonly podsRoot: string,
    /** The machine's file system. */
    private readonly root: string = MACHINE_ROOT,
  ) {}

  async ofPod(pod: Pod, observed: ObservedPod): Promise<LocalUsage> {
    const directory = new PodDirectory(this.podsRoot, observed.uid);
    const volumes = new Map<string, number>();
    for (const { name, emptyDir } of pod.spec?.volumes ?? [])
      if (emptyDir && emptyDir.medium !== 'Memory') volumes.set(name, await bytesBelow(directory.volume(name)));
    const containers = new Map<string, number>();
    for (const { id, name } of observed.containers)
      containers.set(name, (containers.get(name) ?? 0) + (await this.#container(id)));
    return { volumes, containers };
  }

  /** Written layer and logs. Only overlay's layer can be measured without asking Docker to walk every image. */
  async #container(id: string): Promise<number> {
    const { GraphDriver: graph, LogPath: log } = await this.docker.getContainer(id).inspect();
    // dockerode's type knows devicemapper's fields only.
    const { UpperDir: upper } = (graph.Data ?? {}) as { UpperDir?: string };
    const layer = upper ? await bytesBelow(join(this.root, upper)) : 0;
    return layer + (log ? await rotatedBytes(join(this.root, log)) : 0);
  }
}

/** A log and its earlier parts: `x-json.log`, `x-json.log.1` and so on. */
async function rotatedBytes(path: string): Promise<number> {
  let total = 0;
  for (const suffix of ['', '.1', '.2', '.3', '.4']) total += await bytesBelow(`${path}${suffix}`);
  return total;
}
