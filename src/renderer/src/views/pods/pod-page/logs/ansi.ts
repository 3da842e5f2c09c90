/** Terminal escapes in a log line, made into plain data. Colours are kept; everything else an escape may do is dropped. */

export const ANSI_COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
export type AnsiColour = (typeof ANSI_COLOURS)[number];

export interface AnsiSpan {
  text: string;
  colour?: AnsiColour;
  bold?: boolean;
  dim?: boolean;
}

// CSI (colours, cursor), OSC (titles, links; ended by BEL or ST) and two-byte escapes, as ECMA-48 has them.
// eslint-disable-next-line no-control-regex -- escapes are control characters
const ESCAPE = /\u001b(?:\[([0-?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
// What is left of control characters but the tab would be drawn as boxes.
// eslint-disable-next-line no-control-regex -- see above
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** The line as text alone. */
export function stripAnsi(line: string): string {
  return (line.includes('\u001b') ? line.replace(ESCAPE, '') : line).replace(CONTROL, '');
}

/** The line in pieces of one look each. Looks do not carry over to the next line. */
export function parseAnsi(line: string): AnsiSpan[] {
  if (!line.includes('\u001b')) return [{ text: line.replace(CONTROL, '') }];
  const spans: AnsiSpan[] = [];
  let look: Omit<AnsiSpan, 'text'> = {};
  let from = 0;
  const push = (text: string): void => {
    const clean = text.replace(CONTROL, '');
    if (clean !== '') spans.push({ text: clean, ...look });
  };
  for (const match of line.matchAll(ESCAPE)) {
    push(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === 'm') look = applySgr(look, match[1] ?? '');
  }
  push(line.slice(from));
  return spans.length > 0 ? spans : [{ text: '' }];
}

/** Select Graphic Rendition: the codes of one `ESC [ … m`. */
function applySgr(look: Omit<AnsiSpan, 'text'>, codes: string): Omit<AnsiSpan, 'text'> {
  let next = { ...look };
  const numbers = codes.split(/[;:]/).map(Number);
  for (let index = 0; index < numbers.length; index++) {
    const code = numbers[index] ?? 0;
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 22) next = withoutWeight(next);
    else if (code === 39) next = withoutColour(next);
    else if (code >= 30 && code <= 37) next.colour = colourOf(code - 30);
    else if (code >= 90 && code <= 97) next.colour = colourOf(code - 90);
    else if (code === 38 || code === 48) {
      // 256 colours take one number more, 24-bit colours three: of the former the first sixteen are the usual ones.
      const indexed = numbers[index + 1] === 5;
      const number = numbers[index + 2] ?? 0;
      if (code === 38 && indexed && number < 16) next.colour = colourOf(number % 8);
      index += indexed ? 2 : 4;
    }
  }
  return next;
}

const colourOf = (index: number): AnsiColour => ANSI_COLOURS[index] ?? 'white';

function withoutColour({ colour: _colour, ...rest }: Omit<AnsiSpan, 'text'>): Omit<AnsiSpan, 'text'> {
  return rest;
}

function withoutWeight({ bold: _bold, dim: _dim, ...rest }: Omit<AnsiSpan, 'text'>): Omit<AnsiSpan, 'text'> {
  return rest;
}
