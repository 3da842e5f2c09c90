import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isVolumeDirectoryName } from '../../shared/api/node-volumes.ts';

/** The directories of PersistentVolumes that the control plane had this machine make. */
export class VolumeDirectories {
  constructor(private readonly root: string) {}

  /** Makes it unless it is there; returns its path. Whoever containers run as may write to it, as with local-path. */
  async make(name: string): Promise<string> {
    const path = this.#path(name);
    await mkdir(path, { recursive: true });
    await chmod(path, 0o777);
    return path;
  }

  /** Removes it with all that is in it; links in it are removed, not followed. */
  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { recursive: true, force: true });
  }

  #path(name: string): string {
    if (!isVolumeDirectoryName(name))
      throw new Error(`${JSON.stringify(name)} cannot be the name of a volume's directory`);
    return join(this.root, name);
  }
}
