// What people get wrong: every wrong input is told in a sentence at its place, with what to do, and leaves nothing behind.
import type { Secret } from '../../src/shared/api/kinds.ts';
import { configMapYaml, podYaml } from '../harness/manifests.ts';
import { Kubectl, noKubectl } from '../harness/kubectl.ts';
import { allContainers } from '../harness/pod-containers.ts';
import { noBrowser, noMachines } from '../harness/requirements.ts';
import { ServeProcess } from '../harness/serve-process.ts';
import { expect, test } from '../harness/ui-test.ts';
import { ApplyPage } from '../pages/apply-page.ts';
import { JoinPage } from '../pages/join-page.ts';
import { Screen } from '../pages/screen.ts';
import { changeHostKey } from '../testbed/faults.ts';
import { hostKeySha256 } from '../testbed/machine.ts';
import type { TestbedMachine } from '../testbed/testbed.ts';
import { until } from '../testbed/wait.ts';

const why = noBrowser ?? noKubectl ?? noMachines();
test.skip(why !== undefined, why);

test.describe('wrong input', () => {
  let machines: readonly TestbedMachine[];
  let serve: ServeProcess;
  let kubectl: Kubectl;
  let screen: Screen;

  test.beforeAll(async ({ browser, testbed }) => {
    ({ machines } = testbed);
    serve = await ServeProcess.start();
    kubectl = new Kubectl(serve.kubeconfig);
    screen = await Screen.open(browser, serve.uiUrl);
  });
  test.afterEach(() => screen.expectQuiet());
  test.afterAll(async () => {
    await screen?.close();
    await serve?.stop();
    await serve?.removeData();
  });

  const machine = (name: string): TestbedMachine => {
    const found = machines.find((one) => one.name === name);
    if (!found) throw new Error(`the testbed has no machine ${name}`);
    return found;
  };

  async function openWizard(): Promise<void> {
    await screen.goTo('Machines');
    await screen.page.getByRole('main').getByRole('link', { name: 'Add a machine' }).first().click();
    await expect(screen.title).toHaveText('Add a machine');
  }

  test.describe.serial('in the wizard', () => {
    test('what can be seen to be wrong is told before anything is sent', async () => {
      await openWizard();
      const { page } = screen;
      await screen.button('Add machine').click();
      await expect(page.getByRole('alert')).toContainText('Write an address');
      await page.getByRole('textbox', { name: 'Address' }).fill('root@10.0.0.1:99999');
      await expect(page.getByRole('alert')).toContainText('99999 is no port');
      await page.getByRole('textbox', { name: 'Address' }).fill('root@10.0.0.1');
      await page.getByRole('radio', { name: 'Private key' }).check();
      await page.getByRole('textbox', { name: 'Private key' }).fill('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA me@home');
      await screen.button('Add machine').click();
      await expect(page.getByRole('alert')).toContainText('This is the public half');
      expect(await kubectl.ok(['get', 'machines', '-o', 'name'])).toBe('');
    });

    test('wrong port, key and passphrase, each corrected in its place, end in a Node', async () => {
      const { address, hostKeySha256: key, passphraseIdentity, strangerIdentityFile } = machine('wh-1');
      await openWizard();
      const join = await JoinPage.add(screen, 'wh-1', `root@${address}:2222`, { identityFile: strangerIdentityFile });
      await join.failsAt('Reachable', 'nothing listens on port 2222', 'Check the port');
      await join.change({ address: `root@${address}` });

      await join.trust(key);
      await join.failsAt('Authenticated', `${address} did not let user root in`, 'Check the user name');
      const tried = screen.page.getByRole('list', { name: 'Ways of signing in that were tried' });
      await expect(tried).toContainText(/publickey\s*refused/);

      await join.change({ signIn: { ...passphraseIdentity, passphrase: 'close sesame' } });
      const failed = await join.failsAt('Authenticated', 'The passphrase does not open the private key');
      await expect(failed, 'no secret on the page').not.toContainText('close sesame');
      const told = await kubectl.ok(['describe', 'machine', 'wh-1']);
      expect(told).toContain('The passphrase does not open the private key');
      expect(told).not.toContain('close sesame');

      await join.change({ signIn: passphraseIdentity });
      await join.ready();
    });

    test('a host key that changed is refused until its replacement is confirmed by name', async () => {
      const before = machine('wh-1').hostKeySha256;
      await changeHostKey(machine('wh-1'));
      const now = await hostKeySha256(machine('wh-1'));
      const list = await screen.list('Machines');
      await list.open('wh-1');
      const main = screen.page.getByRole('main');
      await expect(main).toContainText('has changed. Either it was installed anew, or someone is in between', {
        timeout: 60_000,
      });
      await expect(main).toContainText(before);
      await expect(main).toContainText(now);
      expect(await kubectl.ok(['describe', 'machine', 'wh-1'])).toMatch(/HostKeyChanged/);
      await screen.button('Replace the agreed key').click();
      await screen.confirmByName('wh-1', 'Replace the key');
      await expect(main.locator('header')).toContainText('Ready', { timeout: 60_000 });
    });

    test('wrong user, wrong password, a user who may not use Docker', async () => {
      const { address, hostKeySha256: key, identityFile } = machine('wh-2');
      await openWizard();
      const join = await JoinPage.add(screen, 'wh-2', `nobody-here@${address}`, { identityFile });
      await join.trust(key);
      await join.failsAt('Authenticated', `${address} did not let user nobody-here in`);

      await join.change({ address: `ops@${address}`, signIn: { password: 'sesame' } });
      await join.failsAt('Authenticated', `${address} did not let user ops in`, 'the password is right');
      const tried = screen.page.getByRole('list', { name: 'Ways of signing in that were tried' });
      await expect(tried).toContainText(/password\s*(refused|not possible)/);

      await join.change({ address: `nodocker@${address}`, signIn: { identityFile } });
      const failed = await join.failsAt('PreflightPassed', 'nodocker may not use Docker');
      await expect(failed, 'what to do').toContainText('usermod -aG docker nodocker');
      expect(await kubectl.ok(['describe', 'machine', 'wh-2'])).toContain('nodocker may not use Docker');
      await join.tryAgain();
      await join.failsAt('PreflightPassed', 'nodocker may not use Docker');
      await join.cancel();
    });

    test('a machine without Docker', async () => {
      const { address, hostKeySha256: key, identityFile } = machine('wh-3');
      const join = await JoinPage.add(screen, 'wh-3', `root@${address}`, { identityFile });
      await join.trust(key);
      const failed = await join.failsAt('PreflightPassed', 'Docker is not installed');
      await expect(failed, 'what to do').toContainText('apt-get install docker.io');
      await join.cancel();
    });

    test('nothing stays of what was given up or removed', async () => {
      const list = await screen.list('Machines');
      await list.open('wh-1');
      await screen.button('Remove').click();
      await screen.confirmByName('wh-1', 'Remove the machine');
      await expect(screen.page.getByRole('heading', { name: 'Machine wh-1 does not exist' })).toBeVisible({
        timeout: 120_000,
      });
      expect(await kubectl.ok(['get', 'machines,nodes', '-o', 'name'])).toBe('');
      await until('the credentials of the machines to be gone', async () => {
        const secrets = await kubectl.json<{ items: Secret[] }>(['get', 'secrets', '-A']);
        return !secrets.items.some(({ type }) => type === 'wheelhouse.dev/ssh');
      });
      for (const name of ['wh-1', 'wh-2'])
        expect(await allContainers(machine(name)), `containers on ${name}`).toEqual([]);
    });
  });

  test.describe('in manifests', () => {
    const exists = async (kind: string, name: string): Promise<boolean> =>
      (await kubectl.run(['get', kind, name])).code === 0;

    test('a tab is told at its line, and nothing can be sent', async () => {
      const apply = await ApplyPage.open(screen);
      await apply.paste('apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: tabbed\n');
      await expect(apply.outcome).toContainText('This is not valid YAML yet');
      await expect(apply.outcome.getByRole('listitem')).toHaveText(/line 4\s*A tab stands where YAML wants spaces/);
      await apply.marks([4]);
      await expect(apply.applyButton).toBeDisabled();
      await apply.editor.press('Control+Enter');
      expect(await exists('configmap', 'tabbed')).toBe(false);
    });

    for (const { what, yaml, target, line, words } of [
      {
        what: 'an unknown field',
        yaml: podYaml('misspelt', 'busybox:1', 'imagePullPolice: Always'),
        target: 'pod/misspelt',
        line: 9,
        words: 'unknown field "spec.containers[0].imagePullPolice"',
      },
      {
        what: 'a wrong type',
        yaml: podYaml('mistyped', 'busybox:1', 'stdin: perhaps'),
        target: 'pod/mistyped',
        line: 9,
        words: 'must be true or false, not text',
      },
      {
        what: 'a value that is not allowed',
        yaml: podYaml('mispulled', 'busybox:1', 'imagePullPolicy: Sometimes'),
        target: 'pod/mispulled',
        line: 9,
        words: 'Unsupported value: "Sometimes"',
      },
      {
        what: 'an unknown kind',
        yaml: 'apiVersion: apps/v1\nkind: Deploymint\nmetadata:\n  name: fresh\nspec: {}\n',
        target: 'deploymint.apps/fresh',
        line: 2,
        words: 'no matches for kind "Deploymint" in version "apps/v1"',
      },
    ]) {
      test(`${what} is told at its line`, async () => {
        const apply = await ApplyPage.open(screen);
        await apply.apply(yaml);
        const result = apply.result(target);
        await expect(result).toContainText('failed');
        await expect(result).toContainText(words);
        await expect(result.getByRole('button', { name: new RegExp(`^${line}:`) })).toBeVisible();
        await apply.marks([line]);
        expect(await kubectl.ok(['get', 'pods', '-o', 'name'])).toBe('');
      });
    }

    test('one bad document among several: the others are applied, and each is reported', async () => {
      const bad = podYaml('broken', 'busybox:1', 'imagine: this');
      const apply = await ApplyPage.open(screen);
      await apply.apply([configMapYaml('first'), bad, configMapYaml('last')].join('---\n'));
      await expect(apply.outcome.getByRole('status')).toHaveText('2 created, 1 failed');
      await expect(apply.result('configmap/first')).toContainText('created');
      await expect(apply.result('configmap/last')).toContainText('created');
      await expect(apply.result('pod/broken')).toContainText('unknown field "spec.containers[0].imagine"');
      await apply.marks([16]);
      expect([
        await exists('configmap', 'first'),
        await exists('pod', 'broken'),
        await exists('configmap', 'last'),
      ]).toEqual([true, false, true]);
    });

    test('Check changes nothing', async () => {
      const apply = await ApplyPage.open(screen);
      await apply.paste(configMapYaml('only-checked'));
      await screen.button('Check').click();
      await expect(apply.outcome).toContainText('1 would be created');
      expect(await exists('configmap', 'only-checked')).toBe(false);
    });
  });
});
