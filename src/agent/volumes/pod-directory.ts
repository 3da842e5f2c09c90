import { join } from 'node:path';

/** Where a pod's files are on the machine; the agent sees them at the same paths. */
export class PodDirectory {
  readonly root: string;

  constructor(podsRoot: string, podUid: string) {
    this.root = join(podsRoot, podUid);
  }

  volume(name: string): string {
    return join(this.root, 'volumes', name);
  }

  /** Where the part of a volume is mounted that a container's volume mount number `index` asks for. */
  subPath(volume: string, container: string, index: number): string {
    return join(this.root, 'volume-subpaths', volume, container, String(index));
  }

  get hostsFile(): string {
    return join(this.root, 'etc-hosts');
  }

  terminationLog(container: string, attempt: number): string {
    return join(this.root, 'containers', container, String(attempt));
  }
}
