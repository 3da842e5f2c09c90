export interface Sample {
  at: number;
  cpuNanoseconds: number;
}

/** Nano-cores between two samples; 0 for the first, and when a counter has gone back (a new container, a reboot). */
export function cpuRate(before: Sample | undefined, now: Sample): number {
  if (!before || now.at <= before.at || now.cpuNanoseconds < before.cpuNanoseconds) return 0;
  return Math.round((now.cpuNanoseconds - before.cpuNanoseconds) / ((now.at - before.at) / 1000));
}
