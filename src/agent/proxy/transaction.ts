import { baseTable, LOOKUP_NAMES, TABLE, type Lookup } from './base-table.ts';
import { EMPTY, type RuleSet } from './render.ts';

/**
 * The nft commands that turn `applied` into `desired`, to be run as one transaction (`nft -f`); empty when there is
 * nothing to do. Nothing that stays is touched, so connections and clients' affinity go on.
 */
export function transaction(desired: RuleSet, applied: RuleSet): string {
  const lines: string[] = [];
  for (const name of desired.affinity) if (!applied.affinity.has(name)) lines.push(addAffinitySet(name));
  const written = [...desired.chains].filter(([name, rules]) => !sameRules(rules, applied.chains.get(name)));
  // First all chains, then their rules: rules go to other chains.
  for (const [name] of written) {
    lines.push(`${applied.chains.has(name) ? 'flush' : 'add'} chain ${TABLE} ${name}`);
  }
  for (const [name, rules] of written) for (const rule of rules) lines.push(`add rule ${TABLE} ${name} ${rule}`);
  for (const lookup of LOOKUP_NAMES) lines.push(...changedElements(lookup, desired, applied));
  const removed = [...applied.chains.keys()].filter((name) => !desired.chains.has(name));
  // Emptied before any is deleted: a chain that another one leads to cannot go.
  for (const name of removed) lines.push(`flush chain ${TABLE} ${name}`);
  for (const name of removed) lines.push(`delete chain ${TABLE} ${name}`);
  for (const name of applied.affinity) if (!desired.affinity.has(name)) lines.push(`delete set ${TABLE} ${name}`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** The nft commands that make the table anew, whatever there was of it, as one transaction. */
export function replacement(desired: RuleSet): string {
  return `add table ${TABLE}\ndelete table ${TABLE}\n${baseTable()}${transaction(desired, EMPTY)}`;
}

const addAffinitySet = (name: string): string => `add set ${TABLE} ${name} { type ipv4_addr; flags dynamic, timeout; }`;

const sameRules = (a: readonly string[], b: readonly string[] | undefined): boolean =>
  a === b || (b !== undefined && a.length === b.length && a.every((rule, index) => rule === b[index]));

function changedElements(lookup: Lookup, desired: RuleSet, applied: RuleSet): string[] {
  const wanted = desired.elements[lookup];
  const there = applied.elements[lookup];
  const remove = [...there].filter(([key, value]) => wanted.get(key) !== value).map(([key]) => key);
  const add = [...wanted]
    .filter(([key, value]) => there.get(key) !== value)
    .map(([key, value]) => (value === '' ? key : `${key} : ${value}`));
  return [
    ...(remove.length > 0 ? [`delete element ${TABLE} ${lookup} { ${remove.join(', ')} }`] : []),
    ...(add.length > 0 ? [`add element ${TABLE} ${lookup} { ${add.join(', ')} }`] : []),
  ];
}
