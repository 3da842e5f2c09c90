import { expect, test } from 'vitest';
import { linePieces } from './line-pieces.ts';

test('hits cut spans, also across two of them', () =>
  expect(
    linePieces(
      [{ text: 'one ' }, { text: 'two', colour: 'red' }, { text: ' end' }],
      [
        { from: 2, to: 6 },
        { from: 8, to: 9 },
      ],
    ),
  ).toEqual([
    { text: 'on', hit: false },
    { text: 'e ', hit: true },
    { text: 'tw', colour: 'red', hit: true },
    { text: 'o', colour: 'red', hit: false },
    { text: ' ', hit: false },
    { text: 'e', hit: true },
    { text: 'nd', hit: false },
  ]));
