import { MAX_SCORE, type ScorePlugin } from '../framework/plugin.ts';

/** Prefers nodes whose CPU and memory would be used to like degrees. Pods without requests have nothing to balance. */
export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  prepare: ({ requests }) => {
    if (requests.milliCpu === 0 && requests.memory === 0) return undefined;
    return {
      score: ({ allocatable, requested }) => {
        if (allocatable.milliCpu === 0 || allocatable.memory === 0) return MAX_SCORE;
        const cpu = Math.min(1, (requested.milliCpu + requests.milliCpu) / allocatable.milliCpu);
        const memory = Math.min(1, (requested.memory + requests.memory) / allocatable.memory);
        // Of two values half the difference is the standard deviation.
        return Math.trunc((1 - Math.abs(cpu - memory) / 2) * MAX_SCORE);
      },
    };
  },
};
