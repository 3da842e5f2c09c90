/**
 * What a store may do and what it may not, judged from what its clients saw (after etcd's robustness tests): a pure
 * function over a recorded history. Times are positions in the one log all clients wrote to, so that `ended < started`
 * means that one was over before the other began.
 */

export interface Seen {
  type: 'create' | 'update' | 'delete';
  key: string;
  /** What was written, as text; of a delete the last value. */
  value: string;
}

export interface WriteAttempt extends Seen {
  /** The revision it was to replace; 0 for a create. */
  expected: number;
  /** Visible at once but perhaps lost in a crash. */
  coalesced: boolean;
  started: number;
  /** `undefined`: the process died, so it may have happened or not. Refused attempts are not recorded. */
  acknowledged: { revision: number; ended: number } | undefined;
}

/** A list, or a get (a list of one key). */
export interface Read {
  prefix: string;
  revision: number;
  items: ReadonlyMap<string, { revision: number; value: string }>;
  started: number;
  /** Of which process: coalesced writes of another may be gone. */
  epoch: number;
}

export interface WatchRun {
  prefix: string;
  afterRevision: number;
  events: readonly (Seen & { revision: number })[];
}

/** A start of the store: the revision it said it was at. */
export interface Opening {
  revision: number;
  at: number;
}

export interface History {
  writes: readonly WriteAttempt[];
  reads: readonly Read[];
  watches: readonly WatchRun[];
  openings: readonly Opening[];
}

type Known = Seen & { revision: number; coalesced: boolean };

/** Every promise that was broken, as sentences; empty when none was. */
export function checkHistory(history: History): string[] {
  const broken: string[] = [];
  const say = (sentence: string): void => void broken.push(sentence);
  const known = knownWrites(history, say);
  const byKey = groupByKey(known);
  const acknowledgedBefore = highestBefore(history);
  checkRealTimeOrder(history, acknowledgedBefore, say);
  checkReplacements(history, byKey, say);
  checkOpenings(history, acknowledgedBefore, say);
  for (const watch of history.watches) checkWatch(watch, known, say);
  for (const read of history.reads) {
    const highest = acknowledgedBefore(read.started);
    if (highest > read.revision) say(`${nameOf(read)} began after revision ${highest} had been acknowledged`);
    checkRead(read, history, known, byKey, say);
  }
  return broken;
}

const describe = ({ type, key, revision }: Seen & { revision: number }): string => `${type} of ${key} at ${revision}`;
const same = (a: Seen, b: Seen): boolean => a.type === b.type && a.key === b.key && a.value === b.value;

/** All writes that certainly happened, by revision: acknowledged ones, and those a watch showed. */
function knownWrites({ writes, watches }: History, say: (sentence: string) => void): Map<number, Known> {
  const known = new Map<number, Known>();
  const unanswered = new Set(writes.filter(({ acknowledged }) => !acknowledged));
  for (const write of writes) {
    if (!write.acknowledged) continue;
    const { revision } = write.acknowledged;
    const other = known.get(revision);
    if (other) say(`revision ${revision} was given twice: to ${other.key} and to ${write.key}`);
    const { type, key, value, coalesced } = write;
    known.set(revision, { type, key, value, coalesced, revision });
  }
  for (const event of watches.flatMap(({ events }) => events)) {
    const write = known.get(event.revision);
    if (write) {
      if (!same(write, event)) say(`a watch showed a ${describe(event)} where there was a ${describe(write)}`);
      continue;
    }
    // Not acknowledged: it must be one that was asked for and never answered.
    const asked = [...unanswered].find((attempt) => same(attempt, event));
    if (!asked) {
      say(`a watch showed a ${describe(event)} that nobody asked for`);
      continue;
    }
    unanswered.delete(asked);
    known.set(event.revision, { ...event, coalesced: asked.coalesced });
  }
  return known;
}

/** The writes of each key, in the order of their revisions. */
function groupByKey(known: Map<number, Known>): Map<string, Known[]> {
  const byKey = new Map<string, Known[]>();
  for (const write of [...known.values()].sort((a, b) => a.revision - b.revision)) {
    const writes = byKey.get(write.key);
    if (writes) writes.push(write);
    else byKey.set(write.key, [write]);
  }
  return byKey;
}

/** Answers: the highest revision that had been acknowledged before a time; 0 for none. */
function highestBefore({ writes }: History): (time: number) => number {
  const ends = writes.flatMap(({ acknowledged }) => acknowledged ?? []).sort((a, b) => a.ended - b.ended);
  let highest = 0;
  const highests = ends.map(({ revision }) => (highest = Math.max(highest, revision)));
  return (time) => {
    const count = firstIndex(ends, ({ ended }) => ended >= time);
    return highests[count - 1] ?? 0;
  };
}

/** Whoever began after another had been answered has the later revision. */
function checkRealTimeOrder(
  { writes }: History,
  acknowledgedBefore: (time: number) => number,
  say: (sentence: string) => void,
): void {
  for (const { acknowledged, started, type, key, value } of writes) {
    if (!acknowledged) continue;
    const { revision } = acknowledged;
    const highest = acknowledgedBefore(started);
    if (revision <= highest)
      say(`${describe({ type, key, value, revision })} came after revision ${highest} had been acknowledged`);
  }
}

/** A compare-and-swap that won replaced exactly what it had named. */
function checkReplacements(history: History, byKey: Map<string, Known[]>, say: (sentence: string) => void): void {
  for (const { key, type, expected, acknowledged, coalesced, started } of history.writes) {
    if (!acknowledged || coalesced) continue;
    const { revision } = acknowledged;
    const before = lastUpTo(byKey.get(key) ?? [], revision - 1);
    const current = before && before.type !== 'delete' ? before.revision : 0;
    // What was not acknowledged and never shown may lie between; only a known write contradicts.
    const gone = expected === 0 && before !== undefined && mayBeDeleted(before, started, history);
    if (before && before.revision > expected && current !== expected && !gone)
      say(`${type} of ${key} at ${revision} was to replace ${expected}, but ${describe(before)} came between`);
  }
}

/** No start of the store is behind what anybody had been shown before. */
function checkOpenings(
  { reads, openings }: History,
  acknowledgedBefore: (time: number) => number,
  say: (sentence: string) => void,
): void {
  for (const { revision, at } of openings) {
    const highest = acknowledgedBefore(at);
    if (highest > revision) say(`the store opened at ${revision}, behind the write at ${highest}`);
    for (const read of reads)
      if (read.started < at && read.revision > revision)
        say(`the store opened at ${revision}, behind a read at ${read.revision}`);
  }
}

/** Ordered, unique, nothing from before its start, nothing left out up to the last it showed. */
function checkWatch(watch: WatchRun, known: Map<number, Known>, say: (sentence: string) => void): void {
  const { prefix, afterRevision, events } = watch;
  const name = `the watch of ${prefix} from ${afterRevision}`;
  let last = afterRevision;
  const shown = new Set<number>();
  for (const event of events) {
    if (event.revision <= afterRevision) say(`${name} showed the ${describe(event)} from before its start`);
    else if (event.revision <= last) say(`${name} showed the ${describe(event)} after revision ${last}`);
    if (!event.key.startsWith(prefix)) say(`${name} showed ${event.key}`);
    last = Math.max(last, event.revision);
    shown.add(event.revision);
  }
  for (const write of known.values())
    if (
      write.key.startsWith(prefix) &&
      write.revision > afterRevision &&
      write.revision < last &&
      !shown.has(write.revision)
    )
      say(`${name} left out the ${describe(write)}`);
}

const nameOf = ({ prefix, revision }: Read): string => `the read of ${prefix} at ${revision}`;

/** Shows for each key what was last written at its revision. */
function checkRead(
  read: Read,
  history: History,
  known: Map<number, Known>,
  byKey: Map<string, Known[]>,
  say: (sentence: string) => void,
): void {
  const { prefix, revision, items } = read;
  const name = nameOf(read);
  for (const [key, writes] of byKey) {
    const write = key.startsWith(prefix) ? lastUpTo(writes, revision) : undefined;
    if (!write) continue;
    const item = items.get(write.key);
    if (write.coalesced || (item && item.revision > write.revision)) continue;
    if (write.type === 'delete' && item) say(`${name} shows ${write.key}, which had been deleted at ${write.revision}`);
    if (write.type !== 'delete' && !item && !mayBeDeleted(write, Infinity, history))
      say(`${name} has lost the ${describe(write)}`);
    if (write.type !== 'delete' && item && item.revision < write.revision)
      say(`${name} shows ${write.key} at ${item.revision}, though it was written at ${write.revision}`);
  }
  for (const [key, item] of items) {
    const write = known.get(item.revision);
    const fits = write
      ? write.key === key && write.type !== 'delete' && write.value === item.value
      : history.writes.some((each) => !each.acknowledged && each.key === key && each.value === item.value);
    if (!fits) say(`${name} shows ${key} as nobody wrote it at ${item.revision}`);
    if (item.revision > revision) say(`${name} shows ${key} at ${item.revision}`);
  }
}

/** The last of the writes, which are in order, that is not after `revision`. */
const lastUpTo = (writes: readonly Known[], revision: number): Known | undefined =>
  writes[firstIndex(writes, (write) => write.revision > revision) - 1];

/** Bisects for the first that fits; all after it do too. */
function firstIndex<T>(items: readonly T[], fits: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A delete that was begun before `time` and never answered may have taken it away, or what nobody knows came after it. */
const mayBeDeleted = (write: Known, time: number, { writes }: History): boolean =>
  writes.some(
    ({ key, type, acknowledged, expected, started }) =>
      key === write.key && type === 'delete' && !acknowledged && expected >= write.revision && started < time,
  );
