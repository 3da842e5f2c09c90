/** What one try of a probe found. */
export type ProbeOutcome = { ok: true } | { ok: false; message: string };
