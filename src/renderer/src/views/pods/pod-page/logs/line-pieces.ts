import type { AnsiSpan } from './ansi.ts';
import type { TextRange } from './log-search.ts';

export interface LinePiece extends AnsiSpan {
  /** Part of a search hit. */
  hit: boolean;
}

/** Cuts the spans of a line at the borders of the hits, so that each piece has one look. */
export function linePieces(spans: readonly AnsiSpan[], hits: readonly TextRange[]): LinePiece[] {
  if (hits.length === 0) return spans.map((span) => ({ ...span, hit: false }));
  const pieces: LinePiece[] = [];
  let offset = 0;
  for (const span of spans) {
    const end = offset + span.text.length;
    let at = offset;
    for (const hit of hits) {
      if (hit.to <= at || hit.from >= end) continue;
      const from = Math.max(hit.from, at);
      const to = Math.min(hit.to, end);
      if (from > at) pieces.push({ ...span, text: span.text.slice(at - offset, from - offset), hit: false });
      pieces.push({ ...span, text: span.text.slice(from - offset, to - offset), hit: true });
      at = to;
    }
    if (at < end) pieces.push({ ...span, text: span.text.slice(at - offset), hit: false });
    offset = end;
  }
  return pieces;
}
