import { expect, test } from 'vitest';
import { splitWords } from './shell-words.ts';

test.each([
  ['ls -l /tmp', ['ls', '-l', '/tmp']],
  ['  psql   -c "select 1; \\"x\\""', ['psql', '-c', 'select 1; "x"']],
  ["sh -c 'echo $HOME \\ it'", ['sh', '-c', 'echo $HOME \\ it']],
  ['a\\ b ""', ['a b', '']],
  ['', []],
])('%j is the words %j', (line, words) => expect(splitWords(line)).toEqual(words));
