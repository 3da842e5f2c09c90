import { nameProblem, suggestName } from './node-name.ts';
import type { SshTarget, TargetLine } from './ssh-target.ts';

/** One machine of the list about to be added. */
export interface DraftMachine {
  text: string;
  target: SshTarget;
  name: string;
  /** What is wrong with the name; undefined when nothing is. */
  problem: string | undefined;
}

/** The machines of a list with the names they get: what the user typed for a line, or else a suggestion nobody has. */
export function draftMachines(
  lines: readonly TargetLine[],
  typedNames: ReadonlyMap<string, string>,
  taken: ReadonlySet<string>,
): DraftMachine[] {
  const used = new Set(taken);
  return lines.flatMap(({ text, parsed }) => {
    if (!('target' in parsed)) return [];
    const name = typedNames.get(text) ?? suggestName(parsed.target.host, used);
    const problem = nameProblem(name, used);
    used.add(name);
    return [{ text, target: parsed.target, name, problem }];
  });
}

/** Where a target is and how it is reached, as a sentence: "10.0.0.5 port 22 as root, through gate". */
export function describeTarget({ host, port, user, jump }: SshTarget): string {
  return `${host} port ${port ?? 22} as ${user ?? 'root'}${jump ? `, through ${jump.host}` : ''}`;
}
