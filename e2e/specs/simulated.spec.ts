// The app without any machine: simulated nodes, every page, the keyboard, and a list of a thousand rows.
import { deploymentYaml } from '../harness/manifests.ts';
import { noBrowser } from '../harness/requirements.ts';
import { ServeProcess } from '../harness/serve-process.ts';
import { expect, test } from '../harness/ui-test.ts';
import { expectAccessible, namelessControls } from '../pages/accessibility.ts';
import { ApplyPage } from '../pages/apply-page.ts';
import { DeploymentPage } from '../pages/deployment-page.ts';
import { Screen } from '../pages/screen.ts';

const PLACES = [
  ['Overview', 'o'],
  ['Machines', 'm'],
  ['Nodes', 'n'],
  ['Deployments', 'd'],
  ['ReplicaSets', 'r'],
  ['Pods', 'p'],
  ['ConfigMaps', 'c'],
  ['Secrets', 's'],
  ['ServiceAccounts', 'a'],
  ['Namespaces', 'w'],
  ['Events', 'e'],
  ['Problems', 'x'],
] as const;

test.skip(noBrowser !== undefined, noBrowser);

test.describe.serial('simulated machines', () => {
  let serve: ServeProcess;
  let screen: Screen;

  test.beforeAll(async ({ browser }) => {
    serve = await ServeProcess.start();
    screen = await Screen.open(browser, serve.uiUrl);
  });
  test.afterEach(() => screen.expectQuiet());
  test.afterAll(async () => {
    await screen?.close();
    await serve?.stop();
    await serve?.removeData();
  });

  async function simulate(count: number): Promise<void> {
    await screen.page.getByRole('spinbutton', { name: 'How many simulated machines' }).fill(String(count));
    await screen.button('Simulate').click();
    const nodes = screen.table('Nodes');
    await nodes.until(`${count} simulated Nodes to be Ready`, (rows) => {
      const ready = rows.filter(({ State, simulated }) => State === 'Ready' && simulated === 'Simulated');
      return ready.length === count && rows.length === count;
    });
  }

  test('a new cluster shows the first steps, and every empty list says what it is for', async () => {
    await expect(screen.title).toHaveText('A cluster needs machines');
    await expectAccessible(screen, 'the first steps');
    for (const place of ['Machines', 'Nodes', 'Deployments', 'ReplicaSets', 'Pods']) {
      await screen.goTo(place);
      const empty = screen.page.getByRole('heading', { level: 2, name: `No ${place}`, exact: true });
      await expect(empty, `the empty state of ${place}`).toBeVisible();
    }
    await screen.goTo('Problems');
    await expect(screen.page.getByRole('heading', { name: 'Nothing is wrong' })).toBeVisible();
  });

  test('three simulated machines become three Nodes that say what they are', async () => {
    await screen.rail.getByRole('link', { name: 'Overview' }).click();
    await simulate(3);
  });

  test('a Deployment runs on them, and its Pods say that they are simulated', async () => {
    const apply = await ApplyPage.open(screen);
    await apply.apply(deploymentYaml('web', 'nginx:1.27', 6));
    await expect(apply.result('deployment.apps/web')).toContainText('created');
    const pods = await screen.list('Pods');
    const rows = await pods.until('6 Pods of web to be Running', (all) => {
      return all.length === 6 && all.every(({ State, Ready }) => State === 'Running' && Ready === '1/1');
    });
    expect(rows.map(({ simulated }) => simulated)).toEqual(Array(6).fill('Simulated'));
    expect(new Set(rows.map(({ Node }) => Node)).size, 'Nodes that got Pods').toBe(3);
    await pods.open(rows[0]?.['Name'] ?? '');
    await expect(screen.page.getByRole('main').locator('header')).toContainText('Simulated');
  });

  test('every place of the rail opens, by mouse and by key, with names for everything', async () => {
    for (const [place, letter] of PLACES) {
      await screen.goTo(place);
      await expect(screen.rail.getByRole('link', { name: place })).toHaveAttribute('aria-current', 'page');
      await expect(screen.page.getByText(/^Loading/), `nothing loading on ${place}`).toHaveCount(0);
      await expectAccessible(screen, place);
      await ApplyPage.open(screen);
      await screen.page.locator('body').press('g');
      await screen.page.locator('body').press(letter);
      await expect(screen.title, `where g ${letter} leads`).toHaveText(place);
    }
    await screen.goToAddress('#/nonsense');
    await expect(screen.page.getByRole('heading', { name: 'Nothing is here' })).toBeVisible();
  });

  test('pages of objects and forms have names for everything as well', async () => {
    for (const [place, name] of [
      ['Nodes', 'sim-0001'],
      ['Deployments', 'web'],
    ] as const) {
      await (await screen.list(place)).open(name);
      await expectAccessible(screen, `the page of ${name}`);
    }
    await (await screen.list('Deployments')).open('web');
    await screen.button('Scale').click();
    await expect(screen.dialog.getByRole('textbox', { name: 'Replicas' }), 'the first field').toBeFocused();
    expect(await namelessControls(screen), 'controls without a name in a dialog').toEqual([]);
    await screen.page.keyboard.press('Escape');
    await expect(screen.dialog).toBeHidden();
    await screen.goToAddress('#/machines/add');
    await expect(screen.title).toHaveText('Add a machine');
    await expectAccessible(screen, 'the wizard');
    await ApplyPage.open(screen);
    await expectAccessible(screen, 'Apply YAML');
    const pods = await screen.list('Pods');
    await pods.open((await pods.rows())[0]?.['Name'] ?? '');
    for (const tab of ['Summary', 'Logs', 'Terminal', 'Events', 'YAML']) {
      await screen.page.getByRole('tab', { name: tab, exact: true }).click();
      await expect(screen.page.getByRole('tabpanel'), `the tab ${tab}`).toBeVisible();
      await expectAccessible(screen, `the tab ${tab} of a Pod`);
    }
    await screen.page.getByRole('tab', { name: 'Summary' }).click();
  });

  test('the overview draws the load of the cluster', async () => {
    await screen.goTo('Overview');
    await expect(screen.page.getByRole('main').locator('header')).toContainText('3 of 3 Nodes ready');
    for (const name of ['CPU', 'Memory']) {
      const panel = screen.panel(name);
      await expect(panel.locator('canvas')).toBeVisible();
      await screen.button('Show Last 15 minutes as a table', panel).click();
      await expect(panel.getByRole('row').filter({ hasText: /Use|use/ }), `measurements of ${name}`).toBeVisible();
    }
    await expect(screen.panel('Pods').getByRole('link')).toContainText('6');
  });

  test('the slash key filters, and an empty result offers the way back', async () => {
    const pods = await screen.list('Pods');
    await screen.page.locator('body').press('/');
    const filter = screen.page.getByRole('searchbox', { name: 'Filter Pods' });
    await expect(filter).toBeFocused();
    const [first] = await pods.rows();
    await screen.page.keyboard.type(first?.['Name'] ?? '');
    await pods.until('one Pod to be left', (rows) => rows.length === 1 && rows[0]?.['Name'] === first?.['Name']);
    await screen.page.keyboard.type('-nobody');
    await expect(screen.page.getByRole('heading', { name: 'No Pod matches' })).toBeVisible();
    await screen.button('Clear the filter').click();
    await pods.until('all Pods to be back', (rows) => rows.length === 6);
  });

  test('a list is walked by arrows, peeked into with Space and opened with Enter', async () => {
    const pods = await screen.list('Pods');
    const names = (await pods.rows()).map((row) => row['Name'] ?? '');
    await pods.grid.focus();
    await screen.page.keyboard.press('ArrowDown');
    await screen.page.keyboard.press('ArrowDown');
    await screen.page.keyboard.press(' ');
    await expect(screen.page.getByRole('complementary', { name: `Inspector: ${names[2]}` })).toBeVisible();
    await screen.page.keyboard.press('Escape');
    await expect(screen.page.getByRole('complementary')).toBeHidden();
    await screen.page.keyboard.press('Enter');
    await expect(screen.title).toContainText(names[2] ?? '');
    await screen.page.goBack();
    await expect(screen.title).toHaveText('Pods');
  });

  test('Ctrl K finds a Pod and opens it; ? shows the keys', async () => {
    const pods = await screen.list('Pods');
    const name = (await pods.rows())[3]?.['Name'] ?? '';
    await screen.page.keyboard.press('Control+K');
    await expect(screen.page.getByRole('dialog', { name: 'Search or command' })).toBeVisible();
    await screen.page.keyboard.type(name);
    await expect(screen.page.getByRole('option', { name })).toBeVisible();
    await screen.page.keyboard.press('Enter');
    await expect(screen.title, 'the page that Enter opened').toContainText(name);
    await screen.page.locator('body').press('?');
    await expect(screen.page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText(
      'Peek in the inspector',
    );
    await screen.page.keyboard.press('Escape');
    await expect(screen.dialog).toBeHidden();
  });

  test('the dark theme is kept over a reload', async () => {
    const background = (): Promise<string> =>
      screen.page.evaluate(() => getComputedStyle(document.body).backgroundColor.replace(/\s/g, ''));
    const before = await background();
    await screen.button(/^as:/).click();
    await screen.page.getByRole('menuitem', { name: 'Dark' }).click();
    await expect(screen.page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await expect.poll(background, { message: 'the background to turn dark' }).not.toBe(before);
    await screen.page.reload();
    await screen.live();
    await expect(screen.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  });

  test('a thousand Pods on twenty Nodes stay one list that scrolls', async () => {
    await screen.goToAddress('#/first-run');
    await simulate(20);
    const deployment = await DeploymentPage.open(screen, 'web');
    await deployment.scale(1000);
    await deployment.isHealthy(1000);
    const pods = await screen.list('Pods');
    await expect.poll(() => pods.total(), { message: '1,000 rows' }).toBe(1000);
    const drawn = pods.grid.getByRole('row');
    expect(await drawn.count(), 'rows that are drawn').toBeLessThan(100);
    const [first] = await pods.rows();

    await pods.grid.focus();
    await screen.page.keyboard.press('End');
    await expect(pods.grid.locator('[aria-rowindex="1001"][id]'), 'the last row, loaded').toBeVisible();
    expect(await drawn.count(), 'rows that are drawn').toBeLessThan(100);
    await pods.grid.evaluate((grid) => grid.scrollTo({ top: grid.scrollHeight / 2 }));
    await pods.until(
      'rows of the middle',
      (rows) => rows.length > 10 && !rows.some((row) => row['Name'] === first?.['Name']),
    );
    await screen.page.keyboard.press('Home');
    await pods.until('the first row again', (rows) => rows[0]?.['Name'] === first?.['Name']);

    await screen.button('Restarts', pods.grid).click();
    await screen.page.getByRole('searchbox', { name: 'Filter Pods' }).fill(first?.['Name'] ?? '');
    await pods.until('the filter to leave one of 1,000', (rows) => rows.length === 1);
  });
});
