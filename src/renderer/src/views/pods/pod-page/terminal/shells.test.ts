import { describe, expect, test } from 'vitest';
import { commandOf, exitText } from './shells.ts';

describe('the command of a choice', () => {
  test('prefers bash where there is one', () => expect(commandOf('best', '').at(-1)).toContain('exec bash || exec sh'));
  test('is empty while none is typed', () => expect(commandOf('custom', '  ')).toEqual([]));
  test('is what was typed', () => expect(commandOf('custom', 'python3 -i')).toEqual(['python3', '-i']));
});

test('an end says its code and what to do', () => {
  expect(exitText(0, '')).toBe('Ended with exit code 0');
  expect(exitText(127, 'exec: "bash": executable file not found in $PATH')).toContain('choose another command');
  expect(exitText(137, 'killed')).toBe('Ended with exit code 137. killed');
});
