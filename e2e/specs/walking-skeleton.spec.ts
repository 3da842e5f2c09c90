// The main job, as a newcomer does it by mouse on two real machines: join them, run a Deployment, break it, see why,
// put it right. The page and the real kubectl must tell the same.
import { deploymentYaml, podYaml } from '../harness/manifests.ts';
import { Kubectl, noKubectl } from '../harness/kubectl.ts';
import { allContainers, killContainers } from '../harness/pod-containers.ts';
import { noBrowser, noMachines } from '../harness/requirements.ts';
import { ServeProcess } from '../harness/serve-process.ts';
import { expect, test } from '../harness/ui-test.ts';
import { ApplyPage } from '../pages/apply-page.ts';
import { DeploymentPage, rollBackTo } from '../pages/deployment-page.ts';
import { JoinPage } from '../pages/join-page.ts';
import { PodPage } from '../pages/pod-page.ts';
import { Screen } from '../pages/screen.ts';
import type { ShownRow } from '../pages/table.ts';
import { hostKeySha256 } from '../testbed/machine.ts';
import type { TestbedMachine } from '../testbed/testbed.ts';

const why = noBrowser ?? noKubectl ?? noMachines();
test.skip(why !== undefined, why);

test.describe.serial('two real machines', () => {
  let machines: Record<string, TestbedMachine>;
  let registry: string;
  let privateRegistry: string;
  let serve: ServeProcess;
  let kubectl: Kubectl;
  let screen: Screen;

  test.beforeAll(async ({ browser, testbed }) => {
    machines = Object.fromEntries(testbed.machines.map((machine) => [machine.name, machine]));
    registry = testbed.registry;
    privateRegistry = testbed.privateRegistry.address;
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
    const found = machines[name];
    if (!found) throw new Error(`the testbed has no machine ${name}`);
    return found;
  };

  async function join(name: string): Promise<void> {
    const { address, identityFile } = machine(name);
    const page = await JoinPage.add(screen, name, `root@${address}`, { identityFile });
    await page.trust(await hostKeySha256(machine(name)));
    await page.ready();
  }

  /** Waits until the list of Pods shows so many of web, all well. */
  async function healthyPods(count: number): Promise<ShownRow[]> {
    const pods = await screen.list('Pods');
    return pods.until(`${count} Pods of web, Running and ready`, (rows) => {
      const web = rows.filter((row) => row['Name']?.startsWith('web-'));
      return web.length === count && web.every(({ State, Ready }) => State === 'Running' && Ready === '1/1');
    });
  }

  const nameOf = (row: ShownRow | undefined): string => row?.['Name'] ?? '';

  test('the link leads to the first steps, and the first machine joins by mouse', async () => {
    await expect(screen.title).toHaveText('A cluster needs machines');
    await screen.page.getByRole('link', { name: 'Add a machine' }).click();
    await join('wh-1');
  });

  test('a second machine joins, and both are Nodes', async () => {
    await screen.button('Add another').click();
    await join('wh-2');
    const nodes = await screen.list('Nodes');
    await nodes.until('both Nodes to be Ready', (rows) => {
      return rows.length === 2 && rows.every(({ State, simulated }) => State === 'Ready' && simulated === '');
    });
  });

  test('a pasted Deployment runs four Pods on both', async () => {
    const apply = await ApplyPage.open(screen);
    await apply.apply(deploymentYaml('web', `${registry}/nginx:1.22`, 4));
    await expect(apply.result('deployment.apps/web')).toContainText('created');
    const rows = await healthyPods(4);
    expect(new Set(rows.map(({ Node }) => Node)), 'Nodes with Pods of web').toEqual(new Set(['wh-1', 'wh-2']));
  });

  test('kubectl agrees with the pages', async () => {
    const shown = (await healthyPods(4)).map((row) => [nameOf(row), row['Ready'], row['State'], row['Node']]);
    const told = await kubectl.ok(['get', 'deploy,rs,pods,nodes', '-o', 'wide', '--no-headers']);
    const lines = told.split('\n').map((line) => line.split(/\s+/));
    const pods = lines.filter(([name]) => name?.startsWith('pod/'));
    // NAME READY STATUS RESTARTS AGE IP NODE
    expect(pods.map(([name, ready, status, , , , node]) => [name?.slice(4), ready, status, node])).toEqual(shown);
    const deployment = lines.find(([name]) => name === 'deployment.apps/web');
    expect(deployment?.slice(1, 4)).toEqual(['4/4', '4', '4']);
    const set = lines.find(([name]) => name?.startsWith('replicaset.apps/web-'));
    expect(set?.slice(1, 4)).toEqual(['4', '4', '4']);
    const nodes = lines.filter(([name]) => name?.startsWith('node/'));
    expect(nodes.map(([name, status]) => [name, status])).toEqual([
      ['node/wh-1', 'Ready'],
      ['node/wh-2', 'Ready'],
    ]);
    expect(nodes.map((line) => line.includes(machine(line[0]?.slice(5) ?? '').address))).toEqual([true, true]);
  });

  test('logs and a shell, in kubectl and on the page', async () => {
    const [row] = await healthyPods(4);
    const name = nameOf(row);
    expect(await kubectl.ok(['logs', name])).toContain('start worker process');
    expect((await kubectl.ok(['exec', name, '--', 'hostname'])).trim()).toBe(name);

    const pod = await PodPage.open(screen, name);
    await pod.tab('Logs');
    await expect(pod.log('web'), 'lines that nginx wrote').toContainText('start worker process');
    await pod.tab('Terminal');
    await expect(screen.page.getByRole('toolbar', { name: 'Terminal' })).toContainText('Connected to web');
    await pod.type('hostname; echo answer-$((6 * 7))');
    await expect(pod.terminal, 'the answer of the shell').toContainText('answer-42');
    await expect(pod.terminal).toContainText(name);
  });

  test('a container killed on the machine is started again and counted', async () => {
    const [row] = await healthyPods(4);
    const name = nameOf(row);
    const pod = await PodPage.open(screen, name);
    await pod.restartsAre(0);
    await killContainers(machine(row?.['Node'] ?? ''), name);
    await pod.restartsAre(1);
    await expect(screen.page.getByRole('list', { name: 'Containers' })).toContainText('Last exit 137');
    const rows = await healthyPods(4);
    expect(rows.find((one) => nameOf(one) === name)?.['Restarts']).toMatch(/^1\b/);
    const counted = ['get', 'pod', name, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}'];
    expect(await kubectl.ok(counted)).toBe('1');
  });

  test('an image that does not exist: the page and kubectl give the words of the registry, a click rolls back', async () => {
    const image = `${registry}/nginx:no-such-tag`;
    const deployment = await DeploymentPage.open(screen, 'web');
    await deployment.setImage('web', image);
    await expect
      .poll(() => deployment.podsIn('ImagePullBackOff'), { message: 'a Pod in ImagePullBackOff', timeout: 60_000 })
      .not.toEqual([]);
    const [name = ''] = await deployment.podsIn('ImagePullBackOff');

    const pod = await PodPage.open(screen, name);
    await expect(pod.head).toContainText('ImagePullBackOff');
    await expect(pod.why).toContainText('The image');
    await expect(pod.said).toContainText('manifest unknown');
    const registrySaid =
      /manifest for \S+ not found: manifest unknown[^"]*/.exec(await pod.said.innerText())?.[0] ?? '';
    expect(registrySaid, "the registry's words on the page").toContain(image);
    await expect(pod.events).toContainText(registrySaid);
    expect(await kubectl.ok(['describe', 'pod', name])).toContain(registrySaid);

    await screen.button('Roll back', pod.why).click();
    await rollBackTo(screen, 'web', 1);
    const healed = await DeploymentPage.open(screen, 'web');
    await healed.isHealthy(4);
    await healthyPods(4);
    await screen.goTo('Problems');
    await expect(screen.page.getByRole('heading', { name: 'Nothing is wrong' })).toBeVisible();
  });

  test('a command that fails: CrashLoopBackOff counts down to the next try', async () => {
    const apply = await ApplyPage.open(screen);
    await apply.apply(deploymentYaml('crash', `${registry}/busybox:1`, 1, '[sh, -c, "echo cannot go on; exit 3"]'));
    const pods = await screen.list('Pods');
    const rows = await pods.until('a Pod in CrashLoopBackOff', (all) => {
      return all.some(({ State, Name }) => State === 'CrashLoopBackOff' && Name?.startsWith('crash-'));
    });
    const name = nameOf(rows.find((row) => nameOf(row).startsWith('crash-')));
    const pod = await PodPage.open(screen, name);
    await expect(pod.countdown).toHaveText(/^next try in \d+:\d\d$/);
    const left = await pod.countdown.innerText();
    await expect(pod.countdown, 'the time to the next try to go down').not.toHaveText(left);
    await expect(pod.why).toContainText('exit code 3');
    await screen.button('Log of the previous run', pod.why).click();
    await expect(pod.log('crash'), 'the log of the run before').toContainText('cannot go on');
    const described = await kubectl.ok(['describe', 'pod', name]);
    expect(described).toMatch(/Reason:\s+CrashLoopBackOff/);
    expect(described).toMatch(/Exit Code:\s+3/);
    expect(described).toContain('Back-off restarting failed container crash in pod');
    await kubectl.ok(['delete', 'deployment', 'crash']);
  });

  test('whatever else ails a Pod is said in words on its page, and by kubectl describe', async () => {
    const ailing = [
      {
        name: 'no-password',
        yaml: podYaml('no-password', `${privateRegistry}/private/nginx:1.22`),
        word: 'ImagePullBackOff',
        page: /no basic auth credentials|unauthorized|authentication required/,
        kubectl: /no basic auth credentials|unauthorized|authentication required/,
      },
      {
        name: 'no-registry',
        yaml: podYaml('no-registry', `${registry.replace(/:\d+$/, ':5999')}/web:1`),
        word: 'ImagePullBackOff',
        page: /connection refused/,
        kubectl: /connection refused/,
      },
      {
        name: 'no-command',
        yaml: podYaml('no-command', `${registry}/busybox:1`, 'command: [sh, -c, no-such-program]'),
        word: 'CrashLoopBackOff',
        page: /exit code 127: its command was not found/,
        kubectl: /Exit Code:\s+127/,
      },
      {
        name: 'no-memory',
        yaml: podYaml(
          'no-memory',
          `${registry}/busybox:1`,
          'command: [tail, /dev/zero]',
          'resources: {limits: {memory: 16Mi}}',
        ),
        word: 'CrashLoopBackOff',
        page: /It runs out of memory each time it starts/,
        kubectl: /Reason:\s+OOMKilled\s+Exit Code:\s+137/,
      },
    ];
    const apply = await ApplyPage.open(screen);
    await apply.apply(ailing.map(({ yaml }) => yaml).join('---\n'));
    await expect(apply.outcome.getByRole('status')).toHaveText('4 created');
    const pods = await screen.list('Pods');
    await pods.until('each Pod in the state that is its own', (rows) =>
      ailing.every(({ name, word }) => rows.some((row) => nameOf(row) === name && row['State'] === word)),
    );
    for (const { name, page, kubectl: words } of ailing) {
      const pod = await PodPage.open(screen, name);
      await expect(pod.why, `why ${name} does not run`).toContainText(page);
      expect(await kubectl.ok(['describe', 'pod', name]), `kubectl describe of ${name}`).toMatch(words);
    }
    await screen.goTo('Problems');
    const problems = screen.page.getByRole('list', { name: 'Problems' }).getByRole('listitem');
    for (const { name } of ailing) await expect(problems.filter({ hasText: name })).toBeVisible();
    await kubectl.ok(['delete', 'pods', ...ailing.map(({ name }) => name), '--grace-period=1']);
  });

  test('scaling by the page', async () => {
    const deployment = await DeploymentPage.open(screen, 'web');
    await deployment.scale(6);
    await deployment.isHealthy(6);
    await deployment.scale(2);
    await deployment.isHealthy(2);
    expect(await kubectl.ok(['get', 'deploy', 'web', '-o', 'jsonpath={.spec.replicas}'])).toBe('2');
  });

  test('the control plane away: the page says how old it is, and is live again by itself', async () => {
    const before = (await healthyPods(2)).map(nameOf);
    // What the browser itself writes when nobody listens.
    screen.expectErrors(/WebSocket connection to .* failed|ERR_CONNECTION_REFUSED/);
    expect(await serve.stop(), 'the exit code of serve').toBe(0);
    await expect(screen.page.getByTestId('live-age')).toContainText(/stale · .*, reconnecting/);
    await expect(screen.page.getByText('The connection is being made again')).toBeVisible();
    await expect(screen.table('Pods').row(before[0] ?? ''), 'what was known stays on the page').toBeVisible();
    serve = await serve.restart();
    await screen.live();
    await expect(screen.page.getByText('The connection is being made again')).toBeHidden();
    expect((await healthyPods(2)).map(nameOf)).toEqual(before);
    await screen.page.reload();
    await screen.live();
    const nodes = await screen.list('Nodes');
    await nodes.until(
      'both Nodes to be Ready again',
      (rows) => rows.length === 2 && rows.every(({ State }) => State === 'Ready'),
    );
  });

  test('a machine is removed by typing its name, and nothing of ours stays on it', async () => {
    const list = await screen.list('Machines');
    await list.until(
      'both Machines to be Ready',
      (rows) => rows.length === 2 && rows.every(({ State }) => State === 'Ready'),
    );
    await list.open('wh-2');
    await screen.button('Remove').click();
    await screen.confirmByName('wh-2', 'Remove the machine');
    await expect(screen.page.getByRole('heading', { name: 'Machine wh-2 does not exist' })).toBeVisible({
      timeout: 120_000,
    });
    expect(await allContainers(machine('wh-2')), 'containers on wh-2').toEqual([]);
    const rows = await healthyPods(2);
    expect(new Set(rows.map(({ Node }) => Node))).toEqual(new Set(['wh-1']));
    expect(await kubectl.ok(['get', 'nodes', '-o', 'name'])).toBe('node/wh-1\n');
  });

  test('the last machine is removed as well', async () => {
    const list = await screen.list('Machines');
    await list.open('wh-1');
    await screen.button('Remove').click();
    await screen.confirmByName('wh-1', 'Remove the machine');
    await expect(screen.page.getByRole('heading', { name: 'Machine wh-1 does not exist' })).toBeVisible({
      timeout: 120_000,
    });
    expect(await allContainers(machine('wh-1')), 'containers on wh-1').toEqual([]);
    await screen.goTo('Nodes');
    await expect(screen.page.getByRole('heading', { name: 'No Nodes' })).toBeVisible();
  });
});
