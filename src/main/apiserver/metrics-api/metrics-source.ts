/** What something used at its last sample. */
export interface Usage {
  /** Cores. */
  cpu: number;
  /** Bytes of the working set. */
  memory: number;
}

/** A sample, and the time it stands for. */
export interface Sample {
  /** When the window ended, milliseconds since the epoch. */
  at: number;
  windowMs: number;
}

/** Who measures nodes and pods. Undefined: nothing is known that would still be true. */
export interface MetricsSource {
  node(name: string): (Sample & Usage) | undefined;
  pod(namespace: string, name: string): (Sample & { containers: ({ name: string } & Usage)[] }) | undefined;
}

/** For a server that nobody measures for. */
export const NOTHING_MEASURED: MetricsSource = { node: () => undefined, pod: () => undefined };
