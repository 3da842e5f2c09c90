/** Kubernetes quantities (`250m`, `64Mi`, `1.5e3`): apimachinery `resource.Quantity`. */

const BINARY: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 };
const DECIMAL: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};
const PATTERN = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]))?$/;

/** Whether the text is a quantity. */
export function isQuantity(text: string): boolean {
  return PATTERN.test(text);
}

/** The plain number a quantity stands for (cores, bytes). Throws on text that is none. */
export function parseQuantity(quantity: string | number): number {
  if (typeof quantity === 'number') return quantity;
  const match = PATTERN.exec(quantity.trim());
  if (!match)
    throw new Error(
      `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$': ${quantity}`,
    );
  const [, digits = '0', exponent, suffix = ''] = match;
  if (exponent) return Number(digits + exponent);
  return Number(digits) * (BINARY[suffix] ?? DECIMAL[suffix] ?? 1);
}

/** Thousandths of a core, rounded up as upstream's MilliValue. */
export function milliValue(quantity: string | number): number {
  return Math.ceil(Number((parseQuantity(quantity) * 1000).toFixed(6)));
}

/** Whole units (bytes, pods), rounded up as upstream's Value. */
export function wholeValue(quantity: string | number): number {
  return Math.ceil(Number(parseQuantity(quantity).toFixed(6)));
}

/** `250m`, or `2` for whole cores. */
export function formatMilli(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${Math.round(milli)}m`;
}

/** The largest binary unit that divides the bytes exactly: `64Mi`, `1500Ki`, `1000`. */
export function formatBytes(bytes: number): string {
  for (const unit of ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const) {
    const size = BINARY[unit] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(Math.round(bytes));
}
