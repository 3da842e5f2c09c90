import { describe, expect, test } from 'vitest';
import { parseAnsi, stripAnsi } from './ansi.ts';

const ESC = '\u001b';

describe('terminal escapes', () => {
  test('colours and weight become spans', () =>
    expect(parseAnsi(`a ${ESC}[1;31mred${ESC}[0m ${ESC}[92mgreen${ESC}[39m b`)).toEqual([
      { text: 'a ' },
      { text: 'red', bold: true, colour: 'red' },
      { text: ' ' },
      { text: 'green', colour: 'green' },
      { text: ' b' },
    ]));

  test('256 and 24-bit colours take their numbers with them', () => {
    expect(parseAnsi(`${ESC}[38;5;9mx${ESC}[0m`)).toEqual([{ text: 'x', colour: 'red' }]);
    expect(parseAnsi(`${ESC}[38;2;1;2;31my`)).toEqual([{ text: 'y' }]);
    expect(parseAnsi(`${ESC}[48;5;31;1mz`)).toEqual([{ text: 'z', bold: true }]);
  });

  test.each([
    [`${ESC}[2K${ESC}[1Gdone`, 'done'],
    [`${ESC}]0;title\u0007text`, 'text'],
    [`${ESC}]8;;http://x${ESC}\\link${ESC}]8;;${ESC}\\`, 'link'],
    [`${ESC}(Bplain`, 'plain'],
    ['bell\u0007 and\ttab\r', 'bell and\ttab'],
    [`cut ${ESC}`, 'cut '],
    ['<b onclick="x()">no markup</b>', '<b onclick="x()">no markup</b>'],
  ])('%j is read as %j', (line, text) => {
    expect(stripAnsi(line)).toBe(text);
    expect(
      parseAnsi(line)
        .map((span) => span.text)
        .join(''),
    ).toBe(text);
  });
});
