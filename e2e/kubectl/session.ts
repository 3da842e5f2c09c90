// One kubectl against the shared control plane, in a namespace and a folder of its own.
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { normalised, type Step } from './transcript.ts';

export interface Client {
  /** Of Kubernetes 1.minor. */
  minor: number;
  path: string;
  /** In test titles and names: `1.27`. */
  name: string;
}

export interface Outcome {
  code: number;
  output: string;
}

/** How long a repeated command may take to print what is expected. */
const PATIENCE_MS = 30_000;
const REPEAT_MS = 200;

/** A shell in which `kubectl` is the client under test. */
export class Session {
  private constructor(
    private readonly environment: NodeJS.ProcessEnv,
    private readonly folder: string,
    private readonly own: ReadonlyMap<string, string>,
  ) {}

  /** `files` are copied to where commands run. `node` is one that no other session touches. */
  static async open(
    client: Client,
    scenario: string,
    kubeconfig: string,
    files: string,
    node: string,
  ): Promise<Session> {
    const folder = await mkdtemp(join(tmpdir(), `wheelhouse-kubectl-${client.name}-`));
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await symlink(client.path, join(bin, 'kubectl'));
    await cp(files, folder, { recursive: true });
    const namespace = `${scenario}-${client.name.replace(/\./g, '')}`;
    const config = join(folder, 'kubeconfig');
    const text = await readFile(kubeconfig, 'utf8');
    await writeFile(config, text, { mode: 0o600 });
    const own = new Map([
      [folder, 'FOLDER'],
      [namespace, 'SPACE'],
    ]);
    const environment = {
      ...process.env,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      KUBECACHEDIR: join(folder, 'cache'),
      KUBECONFIG: config,
      NS: namespace,
      NODE: node,
      TZ: 'UTC',
      LC_ALL: 'C',
    };
    const session = new Session(environment, folder, own);
    await session.sh(
      `kubectl create namespace ${namespace} && kubectl config set-context --current --namespace=${namespace}`,
    );
    return session;
  }

  /** Runs a line of shell; both streams of output together. */
  sh(command: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn('bash', ['-c', `exec 2>&1; ${command}`], {
        cwd: this.folder,
        env: this.environment,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? 255, output: Buffer.concat(chunks).toString() }));
    });
  }

  /** Carries out a step; its outcome as it can be compared with what is expected. */
  async run(step: Step): Promise<Outcome> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const { code, output } = await this.sh(step.command);
      const outcome = { code, output: normalised(output, this.own) };
      const asExpected = code === step.code && outcome.output === step.expected;
      if (!step.eventually || asExpected || performance.now() > deadline) return outcome;
      await delay(REPEAT_MS);
    }
  }
}
