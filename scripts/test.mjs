// `npm test`: everything, in order of cost: format, lint, types, layer rules, unit, integration, end-to-end. Installs
// the Debian packages it needs when it may; says what is skipped and why when it may not. Ends with one plain line.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureSystemPackages, testbedUnsupportedReason } from './system-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = mkdtempSync(join(tmpdir(), 'wheelhouse-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };

/** The script of a tool of ours, run by this Node: no shell, no npx, no look-up on PATH. */
function tool(packageName, binary = packageName) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[binary]);
}

function run(title, args, environment = {}) {
  const started = performance.now();
  process.stdout.write(`\n== ${title}\n`);
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
  process.stdout.write(
    `== ${title}: ${status === 0 ? 'ok' : `failed (exit ${status})`} after ${Math.round((performance.now() - started) / 1000)} s\n`,
  );
  return status === 0;
}

function check(title, args) {
  if (run(title, args)) total.passed += 1;
  else total.failed += 1;
}

function skip(what, why) {
  process.stdout.write(`\nskipped: ${what}: ${why}\n`);
  total.skipped += 1;
}

/** Vitest projects, two files at a time (each has folders, ports and machines of its own); a run that dies without a report counts as one failure. */
function vitest(title, projects, environment) {
  const report = join(reports, `${projects.join('-')}.json`);
  const flags = projects.flatMap((project) => ['--project', project]);
  const ok = run(
    title,
    [
      tool('vitest'),
      'run',
      ...flags,
      '--maxWorkers=2',
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    environment,
  );
  if (!existsSync(report)) return void (total.failed += 1);
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'));
  total.passed += numPassedTests;
  total.failed += numFailedTests + (ok || numFailedTests > 0 ? 0 : 1);
  total.skipped += numPendingTests + numTodoTests;
}

function playwright(title) {
  const report = join(reports, 'playwright.json');
  const ok = run(title, [tool('@playwright/test', 'playwright'), 'test', '--config', 'e2e/playwright.config.ts'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: report,
  });
  if (!existsSync(report)) return void (total.failed += 1);
  const { stats } = JSON.parse(readFileSync(report, 'utf8'));
  total.passed += stats.expected + stats.flaky;
  total.failed += stats.unexpected + (ok || stats.unexpected > 0 ? 0 : 1);
  total.skipped += stats.skipped;
}

await ensureSystemPackages();
if (!existsSync(join(root, 'src/main/resources/generated/schemas.ts')))
  run('schemas', ['scripts/generate-schemas.mjs']);
check('format', [tool('prettier'), '--check', '--log-level', 'warn', '.']);
check('lint', [tool('eslint'), '.', '--max-warnings', '0']);
for (const part of ['src/shared', 'src/main', 'src/agent', 'src/preload', '.'])
  check(`types of ${part}`, [tool('typescript', 'tsc'), '-p', part, '--noEmit']);
check('types of src/renderer', [
  tool('svelte-check'),
  '--tsconfig',
  'src/renderer/tsconfig.json',
  '--fail-on-warnings',
  '--output',
  'human',
]);
check('layer rules', [tool('dependency-cruiser', 'depcruise'), 'src', '--config', '.dependency-cruiser.cjs']);
check('build', ['scripts/build.mjs']);
vitest('unit', ['unit', 'renderer']);
const noTestbed = testbedUnsupportedReason();
if (noTestbed) skip('integration and end-to-end on testbed machines', noTestbed);
vitest('integration', ['integration'], noTestbed ? { WHEELHOUSE_NO_TESTBED: noTestbed } : {});
playwright('end-to-end');
rmSync(reports, { recursive: true });
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed === 0 ? 0 : 1);
