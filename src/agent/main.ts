import { parseArgs } from 'node:util';
import { NodeAgent } from './agent.ts';
import { readConfig } from './config.ts';
import { createLog } from './log.ts';

/** Entry: `agent.cjs --config FILE [--log-level LEVEL]`. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, 'log-level': { type: 'string', default: 'info' } },
  });
  const log = createLog(values['log-level']);
  if (!values.config) {
    log.error({}, 'usage: agent.cjs --config FILE');
    process.exitCode = 2;
    return;
  }
  const config = await readConfig(values.config);
  const agent = new NodeAgent(config, { now: () => Date.now() }, log);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'stopping; pods go on');
      void agent.stop().then(() => process.exit(0));
    });
  }
  await agent.start();
  log.info({ node: config.nodeName, version: config.version }, 'agent started');
}

main().catch((error: unknown) => {
  createLog('info').error({ err: error }, 'agent failed');
  // Docker's restart policy tries again.
  process.exit(1);
});
