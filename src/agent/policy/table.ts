import type { PolicyRules } from './render.ts';

export const TABLE = 'ip wheelhouse-policy';

const SET_TYPES = { pods: 'ipv4_addr', ports: 'ipv4_addr . inet_proto . inet_service' } as const;
type DispatchMap = 'ingress' | 'egress';
const DISPATCH: readonly DispatchMap[] = ['ingress', 'egress'];
const mapOf = (direction: DispatchMap): string => `${direction}-pods`;

/**
 * The fixed part: every packet that is no answer is looked up by the pod it comes from and by the pod it goes to.
 * Destination translation of Services (-110) is done by then, so policies see pods. What the node itself sends to its
 * pods (probes) passes no hook of these and is always let in.
 */
const BASE = `table ${TABLE} {
  map ${mapOf('ingress')} { type ipv4_addr : verdict; }
  map ${mapOf('egress')} { type ipv4_addr : verdict; }
  chain forward-egress {
    type filter hook forward priority -8;
    ct state established,related accept
    ip saddr vmap @${mapOf('egress')}
  }
  chain forward-ingress {
    type filter hook forward priority -7;
    ct state established,related accept
    ip daddr vmap @${mapOf('ingress')}
  }
  chain input-egress {
    type filter hook input priority -8;
    iifname != "vh*" accept
    ct state established,related accept
    ip saddr vmap @${mapOf('egress')}
  }
}
`;

export const EMPTY: PolicyRules = { chains: new Map(), sets: new Map(), ingress: new Map(), egress: new Map() };

/** The nft commands that turn `applied` into `desired` as one transaction; empty when there is nothing to do. */
export function transaction(desired: PolicyRules, applied: PolicyRules): string {
  const lines: string[] = [];
  const written = [...desired.chains].filter(([name, rules]) => !sameRules(rules, applied.chains.get(name)));
  for (const [name, { type }] of desired.sets)
    if (!applied.sets.has(name)) lines.push(`add set ${TABLE} ${name} { type ${SET_TYPES[type]}; }`);
  // Elements before rules: no packet is judged by a set that is still empty.
  for (const [name, { elements }] of desired.sets)
    lines.push(...changedElements(name, elements, applied.sets.get(name)?.elements));
  for (const [name] of written) lines.push(`${applied.chains.has(name) ? 'flush' : 'add'} chain ${TABLE} ${name}`);
  for (const [name, rules] of written) for (const rule of rules) lines.push(`add rule ${TABLE} ${name} ${rule}`);
  for (const direction of DISPATCH) lines.push(...changedDispatch(direction, desired, applied));
  const removed = [...applied.chains.keys()].filter((name) => !desired.chains.has(name));
  for (const name of removed) lines.push(`flush chain ${TABLE} ${name}`);
  for (const name of removed) lines.push(`delete chain ${TABLE} ${name}`);
  for (const name of applied.sets.keys()) if (!desired.sets.has(name)) lines.push(`delete set ${TABLE} ${name}`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** The nft commands that make the table anew, whatever there was of it, as one transaction. */
export const replacement = (desired: PolicyRules): string =>
  `add table ${TABLE}\ndelete table ${TABLE}\n${BASE}${transaction(desired, EMPTY)}`;

const sameRules = (a: readonly string[], b: readonly string[] | undefined): boolean =>
  b !== undefined && a.length === b.length && a.every((rule, index) => rule === b[index]);

function changedElements(name: string, wanted: ReadonlySet<string>, there: ReadonlySet<string> = new Set()): string[] {
  const remove = [...there].filter((element) => !wanted.has(element));
  const add = [...wanted].filter((element) => !there.has(element));
  return [
    ...(remove.length > 0 ? [`delete element ${TABLE} ${name} { ${remove.join(', ')} }`] : []),
    ...(add.length > 0 ? [`add element ${TABLE} ${name} { ${add.join(', ')} }`] : []),
  ];
}

function changedDispatch(direction: DispatchMap, desired: PolicyRules, applied: PolicyRules): string[] {
  const [wanted, there] = [desired[direction], applied[direction]];
  const remove = [...there].filter(([ip, chain]) => wanted.get(ip) !== chain).map(([ip]) => ip);
  const add = [...wanted].filter(([ip, chain]) => there.get(ip) !== chain);
  const name = mapOf(direction);
  return [
    ...(remove.length > 0 ? [`delete element ${TABLE} ${name} { ${remove.join(', ')} }`] : []),
    ...(add.length > 0
      ? [`add element ${TABLE} ${name} { ${add.map(([ip, chain]) => `${ip} : goto ${chain}`).join(', ')} }`]
      : []),
  ];
}
