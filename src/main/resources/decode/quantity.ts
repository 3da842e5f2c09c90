import { formatAmount, parseAmount } from '../../../shared/api/amount.ts';

/** The one text upstream writes for a quantity, or undefined when the text is none. */
export function canonicalQuantity(text: string): string | undefined {
  const amount = parseAmount(text);
  return amount && formatAmount(amount);
}
