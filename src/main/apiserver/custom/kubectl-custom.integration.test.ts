import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CRON_TAB_DEFINITION } from '../../resources/testing/extension-samples.ts';
import { KUBECTL, kubectlOf } from '../testing/kubectl-versions.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const VERSIONS = [undefined, '1.27', '1.28', '1.31', '1.33'].filter(
  (version) => version === undefined || kubectlOf(version),
);

const GADGET = (image: string, more = ''): string => `
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: gadget}
spec:
  cronSpec: "* * * * */5"
  image: ${image}
${more}`;

describe.skipIf(!KUBECTL)(`custom resources by kubectl${KUBECTL ? '' : ' (skipped: no kubectl in PATH)'}`, () => {
  let api: TestServer;
  let home: string;
  const runWith = (
    version: string | undefined,
    ...args: string[]
  ): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const program = (version === undefined ? KUBECTL : kubectlOf(version)) ?? '';
      const all = [args[0] ?? '', '--cache-dir', join(home, `cache-${version ?? 'latest'}`), ...args.slice(1)];
      execFile(program, all, { env: { ...process.env, KUBECONFIG: api.kubeconfig, HOME: home } }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err }),
      );
    });
  const run = (...args: string[]) => runWith(undefined, ...args);
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await run(...args);
    expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
    return out;
  };
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(home, name);
    await writeFile(path, text);
    return path;
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'wheelhouse-kubectl-custom-'));
    api = await startTestServer();
    await kubectl('apply', '-f', await file('crd.json', JSON.stringify(CRON_TAB_DEFINITION)));
    await kubectl('wait', '--for', 'condition=established', '--timeout=10s', 'crd/crontabs.stable.example.com');
  });
  afterAll(async () => {
    await api.close();
    await rm(home, { recursive: true, force: true });
  });

  test('a definition applied again is unchanged', async () => {
    expect(await kubectl('apply', '-f', join(home, 'crd.json'))).toBe(
      'customresourcedefinition.apiextensions.k8s.io/crontabs.stable.example.com unchanged\n',
    );
    expect((await kubectl('get', 'crd')).split('\n')[0]).toMatch(/^NAME +CREATED AT$/);
  });

  test('applies, changes, shows, labels, scales and patches', async () => {
    const path = await file('gadget.yaml', GADGET('a:1'));
    expect(await kubectl('apply', '-f', path)).toBe('crontab.stable.example.com/gadget created\n');
    expect(await kubectl('apply', '-f', path)).toBe('crontab.stable.example.com/gadget unchanged\n');
    await file('gadget.yaml', GADGET('a:1', '  replicas: 4\n  tags: [x]\n'));
    expect(await kubectl('apply', '-f', path)).toBe('crontab.stable.example.com/gadget configured\n');
    const [header, row] = (await kubectl('get', 'ct', '-o', 'wide')).split('\n');
    expect(header?.split(/\s{2,}/).map((word) => word.trim())).toEqual([
      'NAME',
      'SPEC',
      'REPLICAS',
      'READY',
      'IMAGE',
      'AGE',
    ]);
    expect(row).toMatch(/^gadget +\* \* \* \* \*\/5 +4 +a:1 +\d+s/);
    expect(await kubectl('get', 'all', '-o', 'name')).toContain('crontab.stable.example.com/gadget');
    await kubectl('label', 'crontab', 'gadget', 'a=b');
    expect(await kubectl('scale', 'ct/gadget', '--replicas=7')).toBe('crontab.stable.example.com/gadget scaled\n');
    await kubectl('patch', 'ct', 'gadget', '--type=merge', '-p', '{"spec":{"most":8}}');
    await kubectl('patch', 'ct', 'gadget', '--subresource=status', '--type=merge', '-p', '{"status":{"replicas":3}}');
    expect(
      await kubectl('get', 'ct', 'gadget', '-o', 'jsonpath={.spec.replicas} {.spec.most} {.status.replicas}'),
    ).toBe('7 8 3');
    expect((await run('patch', 'ct', 'gadget', '-p', '{"spec":{"most":9}}')).code).not.toBe(0);
    expect(await kubectl('get', 'ct', '--field-selector', 'spec.image=a:1', '-o', 'name')).toContain('gadget');
  });

  test('server-side apply knows the lists of the schema', async () => {
    const applied = async (manager: string, ports: string): Promise<void> => {
      const path = await file(
        `ssa-${manager}.yaml`,
        GADGET('ssa:1', `  ports: ${ports}\n`).replace('name: gadget', 'name: shared'),
      );
      await kubectl('apply', '--server-side', '--field-manager', manager, '-f', path);
    };
    await applied('one', '[{name: a, number: 1}]');
    await applied('two', '[{name: b, number: 2}]');
    expect(await kubectl('get', 'ct', 'shared', '-o', 'jsonpath={.spec.ports[*].name}')).toBe('a b');
    const clash = await run(
      'apply',
      '--server-side',
      '--field-manager',
      'three',
      '-f',
      await file('clash.yaml', GADGET('ssa:2').replace('name: gadget', 'name: shared')),
    );
    expect(clash.err).toContain('conflict');
  });

  test('refuses unknown and wrong fields with their paths', async () => {
    const strict = await run(
      'apply',
      '-f',
      await file('odd.yaml', GADGET('a:1', '  colour: red\n').replace('gadget', 'odd')),
    );
    expect(strict.code).toBe(1);
    expect(strict.err).toContain('unknown field "spec.colour"');
    const wrong = await run(
      'create',
      '--validate=false',
      '-f',
      await file('wrong.yaml', GADGET('a:1', '  replicas: many\n').replace('gadget', 'wrong')),
    );
    expect(wrong.err).toContain('spec.replicas in body must be of type integer: "string"');
  });

  test('explains the schema, the whole of it too', async () => {
    expect(await kubectl('explain', 'crontab')).toContain('CronTab runs a command at times.');
    expect(await kubectl('explain', 'ct.spec.replicas')).toMatch(/FIELD: replicas <integer>/);
    const recursive = await kubectl('explain', 'ct', '--recursive');
    expect(recursive).toMatch(/ports\s+<\[\]Object>/);
    expect(recursive).toMatch(/metadata\s+<ObjectMeta>/);
  });

  test.each(VERSIONS.map((version) => [version ?? 'latest', version] as const))(
    'kubectl %s creates, applies, explains and deletes',
    async (label, version) => {
      const path = await file(`old-${label}.yaml`, GADGET('a:1').replace('gadget', `tab-${label.replace('.', '-')}`));
      for (const args of [
        ['apply', '-f', path],
        ['apply', '-f', path],
        ['explain', 'crontab.spec.cronSpec'],
        ['api-resources'],
        ['get', '-f', path],
        ['delete', '-f', path],
      ]) {
        const { code, err } = await runWith(version, ...args);
        expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
      }
    },
  );

  test('OpenAPI v2 in protobuf is one kubectl can read', async () => {
    // Before 1.27 explain read nothing else; this output still does.
    const { code, out, err } = await run('explain', 'deployment.spec.replicas', '--output=plaintext-openapiv2');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Number of desired pods');
    expect((await run('explain', 'crontab.spec', '--output=plaintext-openapiv2')).out).toContain('cronSpec');
  });

  test('lists API services, and says which cannot be had', async () => {
    expect(await kubectl('get', 'apiservice', 'v1.', 'v1.stable.example.com', '--no-headers')).toMatch(
      /v1\. +Local +True.*\nv1\.stable\.example\.com +Local +True/,
    );
    await kubectl(
      'apply',
      '-f',
      await file(
        'remote.yaml',
        `apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.far.example.com}
spec: {group: far.example.com, version: v1, groupPriorityMinimum: 100, versionPriority: 10, insecureSkipTLSVerify: true, service: {name: far, namespace: default}}
`,
      ),
    );
    await kubectl('wait', '--for=condition=Available=False', '--timeout=10s', 'apiservice/v1.far.example.com');
    expect(await kubectl('get', 'apiservice', 'v1.far.example.com')).toContain('False (AggregationNotSupported)');
    expect((await run('get', '--raw', '/apis/far.example.com/v1')).err).toContain('unable to handle the request');
    await kubectl('delete', 'apiservice', 'v1.far.example.com');
  });

  test('deleting the definition deletes the resources', async () => {
    await kubectl('delete', 'crd', 'crontabs.stable.example.com', '--timeout=20s');
    // What kubectl remembers of discovery is not ours to say.
    expect((await run('get', 'ct')).err).toMatch(/doesn't have a resource type|could not find the requested resource/);
    expect(api.errors).toEqual([]);
  });
});
