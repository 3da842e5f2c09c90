import { Lexer } from 'yaml';
import { MAX_DEPTH } from './duplicate-fields.ts';

/** What can begin a level: a bracket, an indicator of an item or key, an indented line. */
const BEGINNINGS = /[[{]|[-?](?=\s)|^ +/gm;

/** A mark of the lexer that the next token is text, whatever it looks like. */
const TEXT_FOLLOWS = '\u001f';

/**
 * Whether a YAML text is nested deeper than any real object. Told from its tokens, before the parser recurses into
 * them: near the end of its stack, V8 does not throw but ends the process when it has to compile a regular expression.
 */
export function isTooDeep(text: string): boolean {
  if ((text.match(BEGINNINGS)?.length ?? 0) < MAX_DEPTH) return false;
  let brackets = 0;
  let column = 0;
  // A level of block style lives at a column of its own: those that the present line is inside of, ever further right.
  const columns: number[] = [];
  let beginsLine = true;
  let afterIndicator = false;
  let isText = false;
  for (const token of new Lexer().lex(text)) {
    if (token === TEXT_FOLLOWS) {
      isText = true;
      continue;
    }
    if (/^[ \t]+$/.test(token)) {
      column += token.length;
      continue;
    }
    if (beginsLine || afterIndicator) {
      while ((columns.at(-1) ?? -1) >= column) columns.pop();
      columns.push(column);
    }
    if (!isText && (token === '[' || token === '{')) brackets += 1;
    if (!isText && (token === ']' || token === '}')) brackets -= 1;
    if (brackets + columns.length > MAX_DEPTH) return true;
    beginsLine = token.endsWith('\n');
    afterIndicator = !isText && (token === '-' || token === '?');
    column = beginsLine ? 0 : column + token.length;
    isText = false;
  }
  return false;
}
