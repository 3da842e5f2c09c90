// Every command of kubectl against the product, with every kubectl at hand: what it prints and how it exits. The
// transcripts are in scenarios/; WHEELHOUSE_RECORD=1 writes what the newest kubectl printed into them: read the
// difference before you believe it.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KUBECTL, kubectlOf } from '../../src/main/apiserver/testing/kubectl-versions.ts';
import { ServeProcess } from '../harness/serve-process.ts';
import { Session, type Client } from './session.ts';
import { stepsOf, type Step } from './transcript.ts';

const SCENARIOS = join(import.meta.dirname, 'scenarios');
const FILES = join(SCENARIOS, 'files');
const RECORD = process.env['WHEELHOUSE_RECORD'] !== undefined;
const MINORS = [27, 28, 29, 30, 31, 32, 33, 34];

function clients(): Client[] {
  const known = MINORS.flatMap((minor) => {
    const path = kubectlOf(`1.${minor}`);
    return path ? [{ minor, path, name: `1.${minor}` }] : [];
  });
  if (!KUBECTL || known.length > 0) return known;
  const { clientVersion } = JSON.parse(execFileSync(KUBECTL, ['version', '--client', '-o', 'json']).toString()) as {
    clientVersion: { minor: string };
  };
  return [{ minor: parseInt(clientVersion.minor, 10), path: KUBECTL, name: `1.${parseInt(clientVersion.minor, 10)}` }];
}

const CLIENTS = RECORD ? clients().slice(-1) : clients();
const NAMES = readdirSync(SCENARIOS)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => basename(name, '.txt'));

/**
 * Which client plays which scenario. The oldest and the newest play all; those between share them out, for the sake of
 * time, unless WHEELHOUSE_EVERY_KUBECTL is set.
 */
function scenariosOf(client: Client): string[] {
  const index = CLIENTS.indexOf(client);
  const between = CLIENTS.length - 2;
  if (index === 0 || index === CLIENTS.length - 1 || process.env['WHEELHOUSE_EVERY_KUBECTL']) return NAMES;
  return NAMES.filter((_, number) => number % between === index - 1);
}

let serve: ServeProcess;
beforeAll(async () => {
  // A node for each session that drains one, and some to spare.
  if (CLIENTS.length > 0) serve = await ServeProcess.start({ simulate: CLIENTS.length + 4 });
});
afterAll(async () => {
  await serve?.stop();
  await serve?.removeData();
});

if (CLIENTS.length === 0) test.skip('kubectl: there is none in PATH', () => undefined);

describe.concurrent.each(CLIENTS)('kubectl $name', (client) => {
  test.each(scenariosOf(client))('%s', async (name) => {
    const path = join(SCENARIOS, `${name}.txt`);
    const text = readFileSync(path, 'utf8');
    const node = `sim-${String(CLIENTS.indexOf(client) + 1).padStart(4, '0')}`;
    const session = await Session.open(client, name, serve.kubeconfig, FILES, node);
    const recorded = new Map<Step, string>();
    const wrong: object[] = [];
    for (const step of stepsOf(text)) {
      if (!step.appliesTo(client.minor)) continue;
      const outcome = await session.run(step);
      recorded.set(
        step,
        [outcome.output, outcome.code === 0 ? '' : `[${outcome.code}]`].filter((line) => line !== '').join('\n'),
      );
      if (outcome.code !== step.code || outcome.output !== step.expected)
        wrong.push({
          at: `${name}.txt:${step.line} $ ${step.command}`,
          expected: [step.code, ...step.expected.split('\n')],
          printed: [outcome.code, ...outcome.output.split('\n')],
        });
    }
    if (RECORD) writeFileSync(path, rewritten(text, recorded));
    else expect(wrong).toEqual([]);
  });
});

/** The transcript with each command's output replaced by what it printed now. */
function rewritten(text: string, recorded: ReadonlyMap<Step, string>): string {
  const byLine = new Map([...recorded].map(([step, output]) => [step.line, output]));
  const lines: string[] = [];
  let replacing = false;
  for (const [index, line] of text.split('\n').entries()) {
    const output = byLine.get(index + 1);
    const isOutput = line !== '' && !/^[#$@]/.test(line);
    if (line.startsWith('$')) replacing = output !== undefined;
    if (!(isOutput && replacing)) lines.push(line);
    if (output) lines.push(output);
  }
  return lines.join('\n');
}
