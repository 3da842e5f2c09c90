// The page of one Deployment, and the dialogs that change it.
import { expect, type Locator } from '@playwright/test';
import type { Screen } from './screen.ts';

export class DeploymentPage {
  private constructor(
    private readonly screen: Screen,
    readonly name: string,
  ) {}

  static async open(screen: Screen, name: string): Promise<DeploymentPage> {
    const deployments = await screen.list('Deployments');
    await deployments.open(name);
    await screen.page.getByRole('tab', { name: 'Summary' }).click();
    return new DeploymentPage(screen, name);
  }

  get head(): Locator {
    return this.screen.page.getByRole('main').locator('header');
  }

  /** The names of its Pods that are in this state. */
  async podsIn(word: string): Promise<string[]> {
    const rows = this.screen.page.getByRole('table', { name: `Pods of ${this.name}` }).getByRole('row');
    return rows
      .filter({ hasText: word })
      .getByRole('link')
      .filter({ hasText: `${this.name}-` })
      .allInnerTexts();
  }

  async setImage(container: string, image: string): Promise<void> {
    await this.screen.button('Set image').click();
    await this.screen.dialog.getByRole('textbox', { name: `Container ${container}` }).fill(image);
    await this.screen.button('Roll out', this.screen.dialog).click();
    await this.screen.said(`Rolling out ${image}`);
  }

  async scale(replicas: number): Promise<void> {
    await this.screen.button('Scale').click();
    await this.screen.dialog.getByRole('textbox', { name: 'Replicas' }).fill(String(replicas));
    await this.screen.button(`Scale to ${replicas}`, this.screen.dialog).click();
    await this.screen.said(new RegExp(`Scaled ${this.name} from \\d+ to ${replicas}`));
  }

  /** Waits until so many Pods are ready and it is well. */
  async isHealthy(ready: number): Promise<void> {
    await expect(this.head, `${ready} Pods of ${this.name} to be ready`).toContainText(`${ready}/${ready} ready`, {
      timeout: 60_000,
    });
  }
}

/** Answers the question to which revision to go back, wherever it was asked from. */
export async function rollBackTo(screen: Screen, deployment: string, revision: number): Promise<void> {
  await screen.dialog.getByRole('radio', { name: `Revision ${revision}` }).check();
  await screen.button(`Roll back to revision ${revision}`, screen.dialog).click();
  await screen.said(`Rolling ${deployment} back to revision ${revision}`);
}
