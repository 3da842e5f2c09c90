import { mkdir, readdir } from 'node:fs/promises';
import type { ValueSealer } from '../sealer.ts';
import type { StoredObject } from '../storage.ts';
import { syncDirectory } from './files.ts';
import { Journal } from './journal.ts';
import { RecordKind, type RecordInput } from './record.ts';

const GROUP_BYTES = 8 * 1024 * 1024;

/**
 * Makes a store's directory hold these objects at their own revisions, and go on above `revision`. Watches and lists
 * of anything up to it are then told that it is compacted. The directory must be empty or absent; on disk when it
 * resolves.
 */
export async function seedEmbeddedStore(
  dir: string,
  content: { objects: Iterable<StoredObject>; revision: number; sealer?: ValueSealer | undefined },
): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if ((await readdir(dir)).length > 0) throw new Error(`${dir} is not empty`);
  const options = { failpoint: () => undefined, sealer: content.sealer };
  const journal = await Journal.open(dir, options, { segment: 1, goodBytes: 0, lastGroup: 0, bytesBefore: 0 });
  try {
    let group: RecordInput[] = [];
    let bytes = 0;
    for (const { key, value, createRevision, modRevision } of content.objects) {
      const text = JSON.stringify(value);
      group.push({ kind: RecordKind.put, key, revision: modRevision, createRevision, text });
      bytes += text.length;
      if (bytes < GROUP_BYTES) continue;
      await journal.append(group);
      group = [];
      bytes = 0;
    }
    await journal.append([...group, { kind: RecordKind.clean, revision: content.revision }]);
  } finally {
    await journal.close();
  }
  await syncDirectory(dir);
}
