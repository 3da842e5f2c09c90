/**
 * Where things are in etcd: `PREFIX/GROUP/PLURAL/…` for objects, `PREFIX/!NAME` for what the control planes share
 * beside them. No group begins with `!`, which also sorts before every group.
 */
export class EtcdKeys {
  readonly first: Buffer;
  readonly end: Buffer;
  /** Written with every write: its revision is the last write's, however busy the rest of etcd is. */
  readonly head: Buffer;
  /** Who compacts etcd next; outside the watched range, as nobody needs to hear of it. */
  readonly compaction: Buffer;

  constructor(private readonly prefix: string) {
    if (!/^\/[^!]*[^/!]$/.test(prefix))
      throw new Error(`${prefix}: an etcd prefix begins and does not end with a slash`);
    this.first = Buffer.from(`${prefix}/`);
    this.end = Buffer.from(`${prefix}0`);
    this.head = this.shared('head');
    this.compaction = Buffer.from(`${prefix}-compact_rev_key`);
  }

  object(key: string): Buffer {
    return Buffer.from(this.prefix + key);
  }

  shared(name: string): Buffer {
    return Buffer.from(`${this.prefix}/!${name}`);
  }

  /** The object's key, or the name of a shared value. */
  read(bytes: Buffer): { key: string } | { shared: string } {
    const key = bytes.toString('utf8').slice(this.prefix.length);
    return key.startsWith('/!') ? { shared: key.slice(2) } : { key };
  }
}

/** What lies under `/wheelhouse/registry`, after upstream's `/registry`. */
export const DEFAULT_PREFIX = '/wheelhouse/registry';
