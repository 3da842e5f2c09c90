/** The point in time under the pointer, shared by all charts of a page. */
export class Crosshair {
  /** Ms since the epoch; null while the pointer is on no chart. */
  at = $state.raw<number | null>(null);
}
