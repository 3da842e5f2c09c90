// bench/RESULTS.md: one section for each benchmark, so that one can be measured anew without the others.

export interface Section {
  readonly name: string;
  readonly text: string;
}

const begin = (name: string): string => `<!-- begin ${name} -->`;
const end = (name: string): string => `<!-- end ${name} -->`;

const HEAD = `# Benchmark results

Made by \`npm run bench -- --write\` (all) or \`npm run bench -- NAME --write\` (one section). Budgets are promises for
two cores; a miss is printed as one. Nothing else should run on the machine meanwhile.
`;

/** The file with a section put in the place of the one of its name, or at the end. */
export function withSection(file: string | undefined, { name, text }: Section): string {
  const content = file ?? HEAD;
  const section = `${begin(name)}\n\n${text.trim()}\n\n${end(name)}`;
  const from = content.indexOf(begin(name));
  const to = content.indexOf(end(name));
  if (from === -1 || to < from) return `${content.trimEnd()}\n\n${section}\n`;
  return `${content.slice(0, from)}${section}${content.slice(to + end(name).length)}`;
}
