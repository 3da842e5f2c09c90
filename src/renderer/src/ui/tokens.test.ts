import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync('src/renderer/src/ui/tokens.css', 'utf8');
type Palette = Record<string, string>;

/** The custom properties of one theme block. */
function paletteOf(theme: string): Palette {
  const block = new RegExp(`:root\\[data-theme='${theme}'\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  return Object.fromEntries(
    [...block.matchAll(/--wh-([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1], match[2]]),
  );
}

/** WCAG 2 relative luminance. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const texts = ['ink', 'ink-2', 'ink-3', 'accent', 'ok', 'busy', 'warn', 'fail', 'wait', 'muted'];
const backgrounds = ['canvas', 'surface', 'raised', 'hover'];

describe.each(['light', 'dark', 'contrast'])('the %s theme', (theme) => {
  const palette = paletteOf(theme);

  test.each(texts)('%s is readable on every surface (4.5:1)', (text) => {
    for (const background of backgrounds)
      expect
        .soft(contrast(palette[text]!, palette[background]!), `${text} on ${background}`)
        .toBeGreaterThanOrEqual(4.5);
  });

  test.each(['ok', 'busy', 'warn', 'fail', 'wait', 'muted'])('%s is readable on its own soft background', (state) => {
    expect(contrast(palette[state]!, palette[`${state}-soft`]!)).toBeGreaterThanOrEqual(4.5);
  });

  test('ink and accent are readable on a selection, and buttons on the accent', () => {
    expect(contrast(palette['ink']!, palette['accent-soft']!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette['on-accent']!, palette['accent']!)).toBeGreaterThanOrEqual(4.5);
  });

  test('borders of controls stand out (3:1)', () => {
    expect(contrast(palette['line-strong']!, palette['surface']!)).toBeGreaterThanOrEqual(3);
  });
});
