import type { ListRange } from '../storage.ts';
import type { EventWindow } from './event-window.ts';
import type { KeyIndex } from './key-index.ts';
import type { Slot } from './slot.ts';

interface Source {
  readonly index: KeyIndex;
  readonly window: EventWindow;
  readonly revision: number;
}

/** A page as it was at a revision: the current range with every later change of it undone. */
export function listAt(source: Source, range: ListRange & { revision: number }): { slots: Slot[]; remaining: number } {
  const { prefix, after, limit = Infinity, revision } = range;
  const from = after === undefined ? prefix : `${after}\0`;
  if (revision === source.revision) return current(source.index, prefix, from, limit);
  const earlier = source.window.statesAt(prefix, revision);
  if (earlier.size === 0) return current(source.index, prefix, from, limit);
  const undone = [...earlier.values()].filter((slot) => slot !== undefined && slot.key >= from) as Slot[];
  undone.sort((a, b) => (a.key < b.key ? -1 : 1));
  const slots: Slot[] = [];
  let remaining = 0;
  const take = (slot: Slot): void => {
    if (slots.length < limit) slots.push(slot);
    else remaining++;
  };
  let next = 0;
  for (const slot of source.index.range(prefix, from)) {
    for (let old = undone[next]; old && old.key <= slot.key; old = undone[++next]) take(old);
    if (!earlier.has(slot.key)) take(slot);
  }
  for (let old = undone[next]; old; old = undone[++next]) take(old);
  return { slots, remaining };
}

function current(index: KeyIndex, prefix: string, from: string, limit: number): { slots: Slot[]; remaining: number } {
  const slots: Slot[] = [];
  for (const slot of index.range(prefix, from)) {
    if (slots.length >= limit) return { slots, remaining: index.countAfter(prefix, slots.at(-1)?.key ?? '') };
    slots.push(slot);
  }
  return { slots, remaining: 0 };
}
