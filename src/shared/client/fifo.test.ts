import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fifo } from './fifo.ts';

describe('Fifo', () => {
  test('gives back, in order, what was put in, whatever the order of calls', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer())), (calls) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        for (const call of calls) {
          if (call === null) expect(fifo.shift()).toBe(model.shift());
          else {
            fifo.push(call);
            model.push(call);
          }
          expect(fifo.length).toBe(model.length);
        }
      }),
    );
  });
});
