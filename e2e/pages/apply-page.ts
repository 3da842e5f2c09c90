// The page that applies YAML.
import { expect, type Locator } from '@playwright/test';
import type { Screen } from './screen.ts';

export class ApplyPage {
  constructor(private readonly screen: Screen) {}

  static async open(screen: Screen): Promise<ApplyPage> {
    await screen.page.getByRole('banner').getByRole('link', { name: 'Apply YAML' }).click();
    await expect(screen.title).toHaveText('Apply YAML');
    return new ApplyPage(screen);
  }

  get editor(): Locator {
    return this.screen.page.getByRole('textbox', { name: 'Manifests' });
  }

  get applyButton(): Locator {
    return this.screen.button(/^Apply Ctrl/);
  }

  /** What came of it, or what is wrong before anything is sent. */
  get outcome(): Locator {
    return this.screen.page.getByRole('region', { name: 'What came of it' });
  }

  /** Waits until these lines of the editor, and no others, carry an error mark. */
  async marks(lines: number[]): Promise<void> {
    await expect.poll(() => this.markedLines(), { message: 'lines with an error mark in the editor' }).toEqual(lines);
  }

  private async markedLines(): Promise<number[]> {
    const marks = this.screen.page.locator('.cm-gutter-lint .cm-gutterElement:has(.cm-lint-marker-error)');
    const tops = await marks.evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().top));
    const numbers = await this.screen.page
      .locator('.cm-lineNumbers .cm-gutterElement')
      .evaluateAll((elements) =>
        elements.map((element) => [element.getBoundingClientRect().top, Number(element.textContent)]),
      );
    return tops.map((top) => numbers.find(([at]) => at === top)?.[1] ?? Number.NaN);
  }

  /** Replaces the text by a paste from the clipboard, as most manifests come here. */
  async paste(text: string): Promise<void> {
    const { page } = this.screen;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
    await this.editor.click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('ControlOrMeta+V');
    const lastLine = text.trimEnd().split('\n').at(-1) ?? '';
    await expect(this.editor, 'the pasted text').toContainText(lastLine.trim());
  }

  /** Pastes and applies; resolves with the summary once the server has answered. */
  async apply(text: string): Promise<Locator> {
    await this.paste(text);
    await this.applyButton.click();
    await expect(this.outcome.getByRole('status'), 'an answer of the server').toContainText(
      /created|configured|unchanged|failed/,
    );
    return this.outcome;
  }

  /** The line of one document's result, such as `pod/web`. */
  result(target: string): Locator {
    return this.outcome
      .getByRole('list', { name: 'Results' })
      .getByRole('listitem')
      .filter({ has: this.screen.page.getByText(target, { exact: true }) });
  }
}
