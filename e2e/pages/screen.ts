// The app in one browser window, signed in: its frame, and whatever the browser complains about.
import { expect, type Browser, type Locator, type Page } from '@playwright/test';
import { Table } from './table.ts';

export class Screen {
  /** What went to the console as an error, and exceptions nobody caught. */
  private readonly complaints: string[] = [];
  private expected: RegExp | undefined;

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`${message.text()} (${message.location().url})`);
    });
    page.on('crash', () => this.complaints.push('the page crashed'));
  }

  /** A new browser with its own cookies opens a link that `serve` printed. */
  static async open(browser: Browser, link: string): Promise<Screen> {
    const screen = new Screen(await browser.newPage());
    await screen.page.goto(link);
    await screen.live();
    return screen;
  }

  /** Waits until the page says that its data is live. */
  async live(): Promise<void> {
    await expect(this.page.getByTestId('live-age'), 'the age of the data to be live').toContainText('live ·');
  }

  /** From now on errors of this kind are no complaint: those of the browser itself while the server is away. */
  expectErrors(pattern: RegExp): void {
    this.expected = pattern;
  }

  /** Fails when the browser has complained. */
  expectQuiet(): void {
    const unexpected = this.complaints.filter((text) => !this.expected?.test(text));
    expect(unexpected, 'errors in the console and uncaught exceptions').toEqual([]);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  get rail(): Locator {
    return this.page.getByRole('navigation');
  }

  get title(): Locator {
    return this.page.getByRole('heading', { level: 1 });
  }

  /** Goes to a place by its line in the rail. */
  async goTo(place: string): Promise<void> {
    // "Problems" has their number behind it.
    await this.rail.getByRole('link', { name: new RegExp(`^${place}( \\d+)?$`) }).click();
    await expect(this.title, `the page ${place}`).toHaveText(place);
  }

  /** Goes to an address of the app: `#/first-run`. */
  async goToAddress(hash: string): Promise<void> {
    await this.page.evaluate((wanted) => {
      location.hash = wanted;
    }, hash);
  }

  /** The list of a kind, by its line in the rail: "Pods". */
  async list(place: string): Promise<Table> {
    await this.goTo(place);
    return this.table(place);
  }

  table(name: string): Table {
    return new Table(this.page.getByRole('grid', { name, exact: true }));
  }

  button(name: string | RegExp, within: Page | Locator = this.page): Locator {
    return within.getByRole('button', { name, ...(typeof name === 'string' ? { exact: true } : {}) });
  }

  panel(title: string): Locator {
    return this.page.getByRole('region', { name: title, exact: true });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** Waits for a message at the foot of the window, and puts it away. */
  async said(text: string | RegExp): Promise<void> {
    const message = this.page.getByRole('region', { name: 'Messages' }).getByRole('status').filter({ hasText: text });
    await expect(message, `the message "${text}"`).toBeVisible();
    await this.button('Dismiss', message).click();
  }

  /** Answers a question that wants a name typed. */
  async confirmByName(name: string, action: string): Promise<void> {
    await expect(this.button(action, this.dialog), 'nothing is done before the name is typed').toBeDisabled();
    await this.dialog.getByRole('textbox', { name: `Type ${name} to confirm` }).fill(name);
    await this.button(action, this.dialog).click();
    await expect(this.dialog).toBeHidden();
  }
}
