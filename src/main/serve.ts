import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { isSentence, parseCommand, runCommand, type Command } from './app/commands.ts';
import { startControlPlane } from './app/control-plane.ts';
import { createLogger } from './app/log.ts';
import { parseOptions } from './app/options.ts';
import { fileModeProtector } from './app/secret-box.ts';
import { connectionOf } from './app/web-socket-connection.ts';
import { startUiServer } from './app/ui-server.ts';
import { StartError } from './app/start-error.ts';
import { join } from 'node:path';

/**
 * By how many percent the heap may outgrow what lives in it before the old generation is collected. Left alone, V8 lets
 * the 400 MB of 30,000 pods become 1.3 GB; so they stay under 0.9 GB, for a few percent more of the processor.
 */
const HEAP_GROWING_PERCENT = 75;

/** Headless entry: the control plane and, on another port, the screen for a browser. Prints one `ready` line. */
async function serve(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.env, process.platform);
  const outDir = join(import.meta.dirname, '..');
  const controlPlane = await startControlPlane(options, { mode: 'serve', keyProtector: fileModeProtector, outDir });
  const ui = await startUiServer(
    {
      rendererDir: join(outDir, 'renderer'),
      box: controlPlane.box,
      clock: { now: () => Date.now() },
      linkFile: join(options.dataDir, 'ui-link'),
      onConnection: (socket) => controlPlane.acceptScreen(connectionOf(socket)),
    },
    options.ui,
  ).catch(async (error: NodeJS.ErrnoException) => {
    await controlPlane.stop();
    throw StartError.ofListen('--ui', options.ui, error);
  });
  process.stdout.write(`ready api=${controlPlane.apiUrl} ui=${ui.link()} kubeconfig=${controlPlane.kubeconfigPath}\n`);
  // Enter prints a link that is still unused, for another browser.
  if (process.stdin.isTTY) createInterface(process.stdin).on('line', () => process.stdout.write(`ui=${ui.link()}\n`));

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void ui
      .close()
      .then(() => controlPlane.stop())
      .then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** A command ends by itself: its outcome on standard output, or a sentence on standard error and exit code 1. */
async function carryOut(command: Command): Promise<void> {
  const deps = { protector: fileModeProtector, clock: { now: () => Date.now() }, log: createLogger() };
  process.stdout.write(`${await runCommand(command, deps)}\n`);
}

setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
try {
  const command = parseCommand(process.argv.slice(2), process.env, process.platform);
  await (command === undefined ? serve() : carryOut(command));
} catch (error) {
  // What the user can put right is one sentence; anything else keeps its stack for a report.
  process.stderr.write(
    `${isSentence(error) ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
