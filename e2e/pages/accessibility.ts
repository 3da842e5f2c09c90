// What a screen reader needs of every page, checked with the names the browser itself works out.
import { expect } from '@playwright/test';
import type { Screen } from './screen.ts';

const NAMED = 'button|link|textbox|searchbox|combobox|checkbox|radio|switch|tab|menuitem|spinbutton|slider|grid|dialog';
/** A line of an ARIA snapshot whose role is not followed by a quoted name. */
const NAMELESS = new RegExp(`^\\s*- (?:${NAMED})(?:\\s*\\[[^\\]]*\\])*:?(?: |$)(?!")`);

/** Lines of the page's ARIA tree that are controls without a name. */
export async function namelessControls({ page }: Screen): Promise<string[]> {
  const tree = await page.locator('body').ariaSnapshot();
  return tree.split('\n').filter((line) => NAMELESS.test(line));
}

/** One heading of the first level, the landmarks, a title, and a name for everything that can be pressed. */
export async function expectAccessible(screen: Screen, where: string): Promise<void> {
  const { page } = screen;
  await expect(page.getByRole('heading', { level: 1 }), `headings of the first level on ${where}`).toHaveCount(1);
  await expect(page.getByRole('main'), `the main landmark on ${where}`).toHaveCount(1);
  await expect(page.getByRole('navigation'), `the navigation landmark on ${where}`).toHaveCount(1);
  await expect(page.getByRole('banner'), `the banner landmark on ${where}`).toHaveCount(1);
  expect(await page.title(), `the title on ${where}`).toMatch(/\S+.* · Wheelhouse$/);
  expect(await namelessControls(screen), `controls without a name on ${where}`).toEqual([]);
}
