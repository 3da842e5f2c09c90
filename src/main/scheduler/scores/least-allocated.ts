import { MAX_SCORE, type ScorePlugin } from '../framework/plugin.ts';

/** Prefers nodes that would have the most CPU and memory left, counting each the same (NodeResourcesFit, LeastAllocated). */
export const leastAllocated: ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  prepare: ({ nonZero }) => ({
    score: ({ allocatable, nonZeroRequested }) => {
      let sum = 0;
      let weights = 0;
      if (allocatable.milliCpu > 0) {
        sum += leftOver(nonZeroRequested.milliCpu + nonZero.milliCpu, allocatable.milliCpu);
        weights += 1;
      }
      if (allocatable.memory > 0) {
        sum += leftOver(nonZeroRequested.memory + nonZero.memory, allocatable.memory);
        weights += 1;
      }
      return weights === 0 ? 0 : Math.trunc(sum / weights);
    },
  }),
};

const leftOver = (requested: number, capacity: number): number =>
  requested > capacity ? 0 : Math.trunc(((capacity - requested) * MAX_SCORE) / capacity);
