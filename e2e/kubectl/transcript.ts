// Scenarios are transcripts, as in cram: a line `$ …` is a command for the shell, the lines after it are what it must
// print (both streams), `[n]` is the exit code unless 0, `#` begins a comment. `@ >=1.30` before a command says which
// kubectl it is for; `$~ …` repeats the command until it prints what is expected.

export interface Step {
  command: string;
  /** Lines as normalised. */
  expected: string;
  code: number;
  /** Repeated until it is as expected. */
  eventually: boolean;
  appliesTo(minor: number): boolean;
  line: number;
}

const CONDITION = /^@ (>=|<)1\.(\d+)$/;

/** Reads a transcript. Throws on output without a command, with the line's number. */
export function stepsOf(text: string): Step[] {
  const steps: Step[] = [];
  let appliesTo: Step['appliesTo'] = () => true;
  let output: string[] = [];
  const finish = (): void => {
    const last = steps.at(-1);
    if (last) last.expected = output.join('\n');
    output = [];
  };
  for (const [index, line] of text.split('\n').entries()) {
    const condition = CONDITION.exec(line);
    const exit = /^\[(\d+)\]$/.exec(line);
    const step = steps.at(-1);
    if (line === '' || line.startsWith('#')) continue;
    if (condition) {
      const minor = Number(condition[2]);
      appliesTo = condition[1] === '<' ? (own) => own < minor : (own) => own >= minor;
    } else if (line.startsWith('$')) {
      finish();
      const eventually = line.startsWith('$~ ');
      const command = line.slice(eventually ? 3 : 2);
      steps.push({ command, expected: '', code: 0, eventually, appliesTo, line: index + 1 });
      appliesTo = () => true;
    } else if (!step) throw new Error(`line ${index + 1} belongs to no command: ${line}`);
    else if (exit) step.code = Number(exit[1]);
    else output.push(line);
  }
  finish();
  return steps;
}

/**
 * Output with what differs from run to run taken out: ages, times, uids, addresses, generated suffixes, the width of
 * columns, blank lines. `own` are names of this run and what they are called in the transcripts.
 */
export function normalised(text: string, own: ReadonlyMap<string, string>): string {
  let plain = text;
  for (const [name, word] of own) plain = plain.replaceAll(name, word);
  return plain
    .split('\n')
    .map((line) =>
      line
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
        .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
        .replace(/\b\w{3}, \d\d \w{3} \d{4} [\d:]+ [+-]\d{4}/g, 'TIME')
        .replace(/\b(10|100|127)\.\d+\.\d+\.\d+\b/g, 'IP')
        .replace(/\bsim-\d{4}\b/g, 'NODE')
        .replace(/\b[bcdfghjklmnpqrstvwxz2456789]{7,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, 'HASH-POD')
        .replace(/-[bcdfghjklmnpqrstvwxz2456789]{7,10}\b(?= |$)/g, '-HASH')
        .replace(/(pod-template-hash=)\w+/g, '$1HASH')
        .replace(/(^| )(<invalid>|\d+[smhd](?:\d+[smhd])?)(?= |$)/g, '$1AGE')
        .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "N"')
        .replace(/ {2,}/g, '  ')
        .trimEnd(),
    )
    .filter((line) => line !== '')
    .join('\n');
}
