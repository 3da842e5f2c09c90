// npm run testbed -- up 3 [--dir DIR] [--without-docker wh-3] | down [--dir DIR] | status [--json] [--dir DIR]
import { parseArgs } from 'node:util';
import { DEFAULT_DIR } from './layout.ts';
import { downTestbed, testbedStatus, upTestbed, type TestbedStatus } from './testbed.ts';

const USAGE = `usage: npm run testbed -- up N [--dir DIR] [--without-docker NAME ...]
       npm run testbed -- status [--json] [--dir DIR]
       npm run testbed -- down [--dir DIR]`;

function show({ machines, registry, privateRegistry, images }: TestbedStatus): string {
  const login = ({ user, address, identityFile }: TestbedStatus['machines'][number]) =>
    `ssh -i ${identityFile} ${user}@${address}`;
  return [
    ...machines.map(
      (machine) => `${machine.name}\t${login(machine)}\t${machine.hostKeySha256}${machine.running ? '' : '\t(off)'}`,
    ),
    `registry\t${registry}`,
    `private\t${privateRegistry.address} (user ${privateRegistry.username}, password ${privateRegistry.password})`,
    ...images.map((image) => `image\t${image}`),
  ].join('\n');
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string', default: DEFAULT_DIR },
      json: { type: 'boolean', default: false },
      'without-docker': { type: 'string', multiple: true, default: [] },
    },
  });
  const [command, count] = positionals;
  const { dir } = values;
  if (command === 'up') {
    const report = (line: string) => console.error(line);
    // Interrupted half-way, nothing must stay: the same as a failure.
    const interruption = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => interruption.abort(new Error('interrupted; took down what had begun')));
    }
    const status = await upTestbed({
      machines: Number(count),
      dir,
      withoutDocker: values['without-docker'],
      report,
      signal: interruption.signal,
    });
    console.log(show(status));
    return 0;
  }
  if (command === 'status') {
    const status = await testbedStatus(dir);
    if (!status) {
      console.error(`no testbed is up in ${dir}`);
      return 1;
    }
    console.log(values.json ? JSON.stringify(status) : show(status));
    return 0;
  }
  if (command === 'down') {
    await downTestbed(dir);
    return 0;
  }
  console.error(USAGE);
  return 2;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
