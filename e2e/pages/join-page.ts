// The wizard that adds a machine over SSH.
import { readFile } from 'node:fs/promises';
import { expect, type Locator } from '@playwright/test';
import type { Screen } from './screen.ts';

export type SignIn = { identityFile: string; passphrase?: string } | { password: string };
export type Step =
  'Reachable' | 'HostKeyVerified' | 'Authenticated' | 'PreflightPassed' | 'AgentInstalled' | 'NodeReady';
export type StepState = 'done' | 'running' | 'consent' | 'failed' | 'pending';

export class JoinPage {
  private constructor(
    private readonly screen: Screen,
    readonly name: string,
  ) {}

  /** Fills the form that the screen shows and sends it. */
  static async add(screen: Screen, name: string, address: string, signIn: SignIn): Promise<JoinPage> {
    const { page } = screen;
    await expect(screen.title).toHaveText('Add a machine');
    await page.getByRole('textbox', { name: 'Address' }).fill(address);
    await page.getByRole('textbox', { name: 'Name of the Node' }).fill(name);
    await fillSignIn(screen, signIn);
    await screen.button('Add machine').click();
    const join = new JoinPage(screen, name);
    await expect(screen.title).toHaveText(`Adding ${name}`);
    return join;
  }

  get steps(): Locator {
    return this.screen.page.getByRole('list', { name: `Steps of joining ${this.name}` });
  }

  step(step: Step): Locator {
    return this.steps.locator(`> [data-step=${step}]`);
  }

  /** Waits until a step is so; a failure says what all steps were and said. */
  async reaches(step: Step, state: StepState, timeout = 60_000): Promise<Locator> {
    let last = '';
    try {
      await expect
        .poll(
          async () => {
            last = (await this.steps.count()) === 0 ? 'no steps' : await this.steps.innerText();
            return this.step(step).getAttribute('data-state', { timeout: 1000 });
          },
          { message: `step ${step} of ${this.name} to be ${state}`, timeout },
        )
        .toBe(state);
    } catch (error) {
      throw new Error(`step ${step} of ${this.name} never was ${state}; the steps say:\n${last}`, { cause: error });
    }
    return this.step(step);
  }

  /** Waits for a step that fails; it stands open with these words. */
  async failsAt(step: Step, ...words: (string | RegExp)[]): Promise<Locator> {
    const failed = await this.reaches(step, 'failed');
    await expect(failed).toHaveAttribute('aria-current', 'step');
    for (const word of words) await expect(failed, `what step ${step} says`).toContainText(word);
    return failed;
  }

  get fingerprint(): Locator {
    return this.steps.getByTestId('fingerprint');
  }

  /** Agrees to the key, which must be this one. */
  async trust(fingerprint: string): Promise<void> {
    await this.reaches('HostKeyVerified', 'consent');
    await expect(this.fingerprint, 'the fingerprint of the machine itself').toHaveText(fingerprint);
    await this.screen.button('Trust this key and go on', this.steps).click();
  }

  /** Opens the form in the failed step, changes what is given and tries again from there. */
  async change(changes: { address?: string; signIn?: SignIn }): Promise<void> {
    await this.screen.button('Change address or sign-in', this.steps).click();
    if (changes.address) await this.steps.getByRole('textbox', { name: 'Address and user' }).fill(changes.address);
    if (changes.signIn) {
      await this.steps.getByRole('checkbox', { name: 'Sign in with something else' }).check();
      await fillSignIn(this.screen, changes.signIn);
    }
    await this.screen.button('Save and try again', this.steps).click();
    await expect(this.screen.button('Save and try again', this.steps), 'the change to be sent').toBeHidden();
  }

  async tryAgain(): Promise<void> {
    await this.screen.button('Try again from here', this.steps).click();
  }

  /** Gives up on the machine, and waits until the wizard is empty again. */
  async cancel(): Promise<void> {
    await this.screen.button('Cancel and remove', this.steps).click();
    await expect(this.screen.title, `${this.name} to be gone`).toHaveText('Add a machine');
  }

  async ready(): Promise<void> {
    await this.reaches('NodeReady', 'done', 90_000);
    await expect(this.screen.page.getByText(`${this.name} can run Pods now.`)).toBeVisible();
  }
}

async function fillSignIn({ page }: Screen, signIn: SignIn): Promise<void> {
  if ('password' in signIn) {
    await page.getByRole('radio', { name: 'Password' }).check();
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(signIn.password);
    return;
  }
  await page.getByRole('radio', { name: 'Private key' }).check();
  await page.getByRole('textbox', { name: 'Private key' }).fill(await readFile(signIn.identityFile, 'utf8'));
  if (signIn.passphrase !== undefined) await page.getByRole('textbox', { name: 'Passphrase' }).fill(signIn.passphrase);
}
