import { BASE_CHAINS, BASE_MARK, LOOKUP_NAMES, type Lookup } from './base-table.ts';
import type { RuleSet } from './render.ts';

/** The table as the kernel has it, so far as it can be told from `nft list`. */
export interface ObservedTable {
  /** Rules are known by their number only: nft prints them in other words than it read. */
  readonly ruleCounts: ReadonlyMap<string, number>;
  readonly sets: ReadonlySet<string>;
  readonly elements: Readonly<Record<Lookup, ReadonlyMap<string, string>>>;
}

/** Reads what `nft -s list table` prints. */
export function parseListing(text: string): ObservedTable {
  const ruleCounts = new Map<string, number>();
  const sets = new Set<string>();
  const elements = Object.fromEntries(LOOKUP_NAMES.map((name) => [name, new Map<string, string>()])) as Record<
    Lookup,
    Map<string, string>
  >;
  for (const [, kind, name = '', body = ''] of text.matchAll(/^\t(chain|set|map) (\S+) \{\n(.*?)^\t\}$/gms)) {
    if (kind === 'chain') {
      ruleCounts.set(name, body.split('\n').filter((line) => line !== '' && !/^\t\ttype \w+ hook /.test(line)).length);
      continue;
    }
    sets.add(name);
    const lookup = LOOKUP_NAMES.find((known) => known === name);
    if (!lookup) continue;
    const list = /elements = \{(.*)\}/s.exec(body)?.[1] ?? '';
    for (const element of list.split(',')) {
      const [key = '', value = ''] = element.split(' : ').map((part) => part.trim());
      if (key !== '') elements[lookup].set(key, value);
    }
  }
  return { ruleCounts, sets, elements };
}

/** Whether the fixed part is there and is this agent's. */
export const hasBase = ({ ruleCounts, sets }: ObservedTable): boolean =>
  sets.has(BASE_MARK) &&
  LOOKUP_NAMES.every((name) => sets.has(name)) &&
  [...BASE_CHAINS].every(([name, count]) => ruleCounts.get(name) === count);

/** What is there as rules to start a transaction from: every chain's rules count as other ones. */
export function asRuleSet({ ruleCounts, sets, elements }: ObservedTable): RuleSet {
  const chains = [...ruleCounts.keys()].filter((name) => !BASE_CHAINS.has(name));
  return {
    chains: new Map(chains.map((name) => [name, ['']])),
    affinity: new Set([...sets].filter((name) => name.startsWith('affinity-'))),
    elements,
    udp: new Map(),
  };
}

/** The first thing that is not as it was made, in words; undefined when the table is whole. */
export function damage(observed: ObservedTable, applied: RuleSet): string | undefined {
  if (!hasBase(observed)) return 'its fixed part is not whole';
  for (const [name, rules] of applied.chains) {
    const count = observed.ruleCounts.get(name);
    if (count !== rules.length) return `chain ${name} has ${count ?? 'no'} rules instead of ${rules.length}`;
  }
  for (const name of applied.affinity) if (!observed.sets.has(name)) return `set ${name} is gone`;
  const extra = observed.ruleCounts.size - BASE_CHAINS.size - applied.chains.size;
  if (extra > 0) return `${extra} chains too many`;
  for (const lookup of LOOKUP_NAMES) {
    const there = observed.elements[lookup];
    const wanted = applied.elements[lookup];
    if (there.size !== wanted.size) return `${lookup} has ${there.size} elements instead of ${wanted.size}`;
    for (const [key, value] of wanted) if (there.get(key) !== value) return `${lookup} lacks ${key}`;
  }
  return undefined;
}
