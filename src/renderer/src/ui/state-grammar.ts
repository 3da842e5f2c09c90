import type { StateKind } from '../../../shared/view/rows.ts';

/** How a state looks: a shape and a colour token, the same in tables, badges, charts and tiles. Never the colour alone. */
export interface StateLook {
  shape: 'circle' | 'ring' | 'triangle' | 'square' | 'diamond' | 'dashed';
  /** Name of a colour token (`--wh-ok`), also of the Tailwind classes made from it. */
  token: 'ok' | 'busy' | 'warn' | 'fail' | 'wait' | 'muted';
  text: string;
  soft: string;
  /** What the shape means, for those who cannot see it and for the legend. */
  meaning: string;
}

export const STATE_LOOK: Record<StateKind, StateLook> = {
  healthy: { shape: 'circle', token: 'ok', text: 'text-ok', soft: 'bg-ok-soft', meaning: 'Healthy' },
  working: { shape: 'ring', token: 'busy', text: 'text-busy', soft: 'bg-busy-soft', meaning: 'Working' },
  warning: { shape: 'triangle', token: 'warn', text: 'text-warn', soft: 'bg-warn-soft', meaning: 'Warning' },
  failing: { shape: 'square', token: 'fail', text: 'text-fail', soft: 'bg-fail-soft', meaning: 'Failing' },
  waiting: { shape: 'diamond', token: 'wait', text: 'text-wait', soft: 'bg-wait-soft', meaning: 'Waiting' },
  unknown: { shape: 'dashed', token: 'muted', text: 'text-muted', soft: 'bg-muted-soft', meaning: 'Unknown' },
};

/** Worst first: how problems, legends and sorted states are ordered. */
export const STATE_ORDER: readonly StateKind[] = ['failing', 'waiting', 'warning', 'unknown', 'working', 'healthy'];
