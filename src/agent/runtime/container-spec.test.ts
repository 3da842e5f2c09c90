import { expect, test } from 'vitest';
import { aContainer, aPod } from '../pods/fixtures.ts';
import { containerSpec, sandboxHostname, type ContainerSpecInput } from './container-spec.ts';

const spec = (input: Partial<ContainerSpecInput>) =>
  containerSpec({
    pod: aPod(),
    container: aContainer(),
    clusterId: 'c',
    attempt: 0,
    sandboxId: 's0',
    imageRef: 'sha256:1',
    imageUser: '',
    env: [],
    mounts: [],
    oomScoreAdj: 0,
    command: undefined,
    args: undefined,
    ...input,
  });

test('the name of a pod’s machine', () => {
  const qualified = { hostname: 'me', subdomain: 'sub', setHostnameAsFQDN: true };
  expect(sandboxHostname(aPod(), 'cluster.local')).toBe('web');
  expect(sandboxHostname(aPod({ ...qualified, setHostnameAsFQDN: false }), 'cluster.local')).toBe('me');
  expect(sandboxHostname(aPod(qualified), 'cluster.local')).toBe('me.sub.default.svc.cluster.local');
  const long = 'l'.repeat(40);
  const words = `Failed to construct FQDN from pod hostname and cluster domain, FQDN ${long}.sub.default.svc.cluster.local is too long (64 characters is the max, 70 characters requested)`;
  expect(() => sandboxHostname(aPod({ ...qualified, hostname: long }), 'cluster.local')).toThrow(words);
});

test('the stop signal is the spec’s, or the image’s', () => {
  expect(spec({ container: aContainer({ lifecycle: { stopSignal: 'SIGUSR1' } }) }).StopSignal).toBe('SIGUSR1');
  expect(spec({})).not.toHaveProperty('StopSignal');
});

test('a container has a limit of processes, and Docker does not restart it', () => {
  expect(spec({}).HostConfig).toMatchObject({ PidsLimit: 4096, RestartPolicy: { Name: 'no' } });
});
