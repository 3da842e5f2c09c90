// The page of one Pod.
import { expect, type Locator } from '@playwright/test';
import type { Screen } from './screen.ts';

export class PodPage {
  private constructor(
    private readonly screen: Screen,
    readonly name: string,
  ) {}

  /** Opens it from the list of Pods. */
  static async open(screen: Screen, name: string): Promise<PodPage> {
    const pods = await screen.list('Pods');
    await pods.open(name);
    const page = new PodPage(screen, name);
    await page.tab('Summary');
    return page;
  }

  /** The line with the name, the state and the key facts. */
  get head(): Locator {
    return this.screen.page.getByRole('main').locator('header');
  }

  get why(): Locator {
    return this.screen.panel('Why');
  }

  /** What the registry, the runtime or the kubelet said, verbatim. */
  get said(): Locator {
    return this.why.locator('pre');
  }

  get events(): Locator {
    return this.screen.panel('Events');
  }

  /** Times until the next try: "next try in 0:07". */
  get countdown(): Locator {
    return this.head.getByRole('timer');
  }

  async tab(name: 'Summary' | 'Logs' | 'Terminal' | 'Events' | 'YAML'): Promise<void> {
    await this.screen.page.getByRole('tab', { name, exact: true }).click();
  }

  log(container: string): Locator {
    return this.screen.page.getByRole('log', { name: `Log of ${container}` });
  }

  /** The terminal's screen. */
  get terminal(): Locator {
    return this.screen.page.getByTestId('terminal').locator('.xterm-rows');
  }

  /** Types a line into the shell. */
  async type(line: string): Promise<void> {
    await this.screen.page.getByRole('textbox', { name: /^Terminal in/ }).focus();
    await this.screen.page.keyboard.type(line);
    await this.screen.page.keyboard.press('Enter');
  }

  async restartsAre(count: number): Promise<void> {
    await expect(this.head, `restarts of ${this.name} on its page`).toContainText(`restarts ${count}`, {
      timeout: 60_000,
    });
  }
}
