/** As many as the simulator takes at once (the `simulate` channel's own bound). */
const MOST = 5000;

/** The number of simulated machines asked for; null when the text is none from 1 to 5,000. */
export function simulatedCount(text: string): number | null {
  const count = Number(text);
  return /^\d+$/.test(text.trim()) && count >= 1 && count <= MOST ? count : null;
}
