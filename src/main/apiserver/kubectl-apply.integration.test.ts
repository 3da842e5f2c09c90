import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEPLOYMENTS, type Deployment } from '../../shared/api/kinds.ts';
import { KUBECTL, kubectlOf } from './testing/kubectl-versions.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

/** The oldest and the newest kubectl that is at hand. */
const newest = ['1.34', '1.33', '1.32'].map(kubectlOf).find((path) => path !== undefined) ?? KUBECTL;
const VERSIONS = [
  ['kubectl 1.27', kubectlOf('1.27')],
  ['the newest kubectl', newest],
] as const;

const deployment = (name: string, image: string, replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ${image}
        ports: [{containerPort: 80}]
`;

describe.each(VERSIONS.map(([title, path]) => [path ? title : `${title} (skipped: not at hand)`, path] as const))(
  '%s',
  (_title, kubectlPath) => {
    let api: TestServer;
    let home: string;

    beforeAll(async () => {
      if (!kubectlPath) return;
      home = await mkdtemp(join(tmpdir(), 'wheelhouse-kubectl-apply-'));
      api = await startTestServer();
    });
    afterAll(async () => {
      if (!kubectlPath) return;
      expect(api.errors).toEqual([]);
      await api.close();
      await rm(home, { recursive: true, force: true });
    });

    const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
      new Promise((resolve) => {
        const env = { ...process.env, KUBECONFIG: api.kubeconfig, HOME: home };
        const all = [args[0] ?? '', '--cache-dir', join(home, 'cache'), ...args.slice(1)];
        execFile(kubectlPath ?? '', all, { env }, (error, out, err) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err }),
        );
      });
    const manifest = async (text: string): Promise<string> => {
      const path = join(home, 'manifest.yaml');
      await writeFile(path, text);
      return path;
    };
    const applied = async (text: string, ...flags: string[]): ReturnType<typeof run> =>
      run('apply', '--server-side', '-f', await manifest(text), ...flags);
    const managers = async (name: string): Promise<string[]> => {
      const object = await api.client.get<Deployment>(DEPLOYMENTS, name, 'default');
      return (object.metadata?.managedFields ?? []).map(
        ({ manager, operation }) => `${manager ?? ''} ${operation ?? ''}`,
      );
    };

    test.skipIf(!kubectlPath)('applies on the server’s side, and says what differs', async () => {
      expect((await applied(deployment('ssa', 'nginx:1', 1))).out).toBe('deployment.apps/ssa serverside-applied\n');
      expect((await applied(deployment('ssa', 'nginx:1', 1))).out).toBe('deployment.apps/ssa serverside-applied\n');
      const same = await run('diff', '--server-side', '-f', await manifest(deployment('ssa', 'nginx:1', 1)));
      expect(same).toMatchObject({ code: 0, out: '' });
      const other = await run('diff', '--server-side', '-f', await manifest(deployment('ssa', 'nginx:2', 1)));
      expect(other.code).toBe(1);
      expect(other.out).toMatch(/^-.*image: nginx:1$/m);
      expect(other.out).toMatch(/^\+.*image: nginx:2$/m);
      expect(await managers('ssa')).toEqual(['kubectl Apply']);
    });

    test.skipIf(!kubectlPath)('shows conflicts, and wins them by force', async () => {
      await applied(deployment('contested', 'nginx:1', 1));
      const other = ['--field-manager', 'other'];
      const refused = await applied(deployment('contested', 'nginx:2', 3), ...other);
      expect(refused.code).toBe(1);
      expect(refused.err).toContain(
        [
          'error: Apply failed with 2 conflicts: conflicts with "kubectl":',
          '- .spec.replicas',
          '- .spec.template.spec.containers[name="web"].image',
          'Please review the fields above--they currently have other managers.',
        ].join('\n'),
      );
      expect((await applied(deployment('contested', 'nginx:2', 3), ...other, '--force-conflicts')).code).toBe(0);
      expect((await run('get', 'deployment', 'contested', '-o', 'jsonpath={.spec.replicas}')).out).toBe('3');
    });

    test.skipIf(!kubectlPath)('moves from client-side to server-side apply and back', async () => {
      const first = await run('apply', '-f', await manifest(deployment('moved', 'nginx:1', 2)));
      expect(first.out).toBe('deployment.apps/moved created\n');
      expect(await managers('moved')).toEqual(['kubectl-client-side-apply Update']);
      const moved = await applied(deployment('moved', 'nginx:2', 2));
      expect(moved).toMatchObject({ code: 0, out: 'deployment.apps/moved serverside-applied\n' });
      const after = await managers('moved');
      expect(after).toContain('kubectl Apply');
      expect(after).not.toContain('kubectl-client-side-apply Update');
      const back = await run('apply', '-f', await manifest(deployment('moved', 'nginx:3', 2)));
      expect(back).toMatchObject({ code: 0, out: 'deployment.apps/moved configured\n' });
      expect(
        (await run('get', 'deployment', 'moved', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).out,
      ).toBe('nginx:3');
    });

    test.skipIf(!kubectlPath)('is told of fields that are not there, and of a dry run', async () => {
      const typo = deployment('typo', 'nginx:1', 1).replace('replicas:', 'replicaz:');
      const strict = await applied(typo);
      expect(strict.code).toBe(1);
      expect(strict.err).toContain('.spec.replicaz: field not declared in schema');
      expect((await applied(deployment('dry', 'nginx:1', 1), '--dry-run=server')).out).toBe(
        'deployment.apps/dry serverside-applied (server dry run)\n',
      );
      expect((await run('get', 'deployment', 'dry')).err).toContain('NotFound');
      const shown = await run('get', 'deployment', 'ssa', '-o', 'yaml', '--show-managed-fields');
      expect(shown.out).toContain('k:{"name":"web"}');
      expect((await run('get', 'deployment', 'ssa', '-o', 'yaml')).out).not.toContain('managedFields');
    });
  },
);
