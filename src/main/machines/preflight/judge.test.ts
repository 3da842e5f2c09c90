import { describe, expect, test } from 'vitest';
import type { Findings } from './check.ts';
import { parseFacts } from './facts.ts';
import { DEBIAN_12 } from './fixtures/debian-12.ts';
import { failureOf, judge, soften, summaryOf } from './judge.ts';

const docker: Extract<Findings['docker'], { kind: 'answers' }> = {
  kind: 'answers',
  version: '20.10.24',
  apiVersion: '1.41',
  architecture: 'amd64',
  rootDir: '/var/lib/docker',
  rootless: false,
  containers: [],
};

function aMachine(changes: Partial<Findings> = {}, script: (text: string) => string = (text) => text): Findings {
  return {
    host: parseFacts(script(DEBIAN_12)),
    docker,
    clock: { skewMs: 120, uncertaintyMs: 50 },
    nodeName: 'wh-1',
    nodeNameChosen: false,
    neighbours: [],
    clusterId: 'mine',
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    imageArchitecture: 'amd64',
    ...changes,
  };
}

/** The result and text of one check. */
function check(name: string, findings: Findings): { result: string; text: string } {
  const found = judge(findings).find((candidate) => candidate.name === name);
  return { result: found?.result ?? 'missing', text: `${found?.message} ${found?.fix ?? ''}` };
}

const silent = { kind: 'silent', why: 'unreachable', message: 'open failed' } as const;

describe('preflight', () => {
  test('passes an ordinary machine without a warning', () => {
    const checks = judge(aMachine());
    expect(checks.filter(({ result }) => result !== 'ok')).toEqual([]);
    expect(failureOf(checks, '')).toBeUndefined();
    expect(summaryOf(checks)).toBe('13 checks passed.');
  });

  test.each([
    ['another architecture', 'architecture', (text: string) => text.replace('x86_64', 'armv7l'), 'built for amd64'],
    [
      'another system',
      'architecture',
      (text: string) => text.replace('system=Linux', 'system=FreeBSD'),
      'runs FreeBSD',
    ],
    ['an old kernel', 'kernel', (text: string) => text.replace('6.1.0-18-amd64', '3.10.0-1160.el7'), '4.18 or newer'],
    ['no memory controller', 'cgroups', (text: string) => text.replace(' memory', ''), 'cgroup_enable=memory'],
    ['a full disk', 'disk', (text: string) => text.replace('/docker=81797032', '/docker=500000'), '488 MiB free'],
    ['too little memory', 'memory', (text: string) => text.replace('available=3633352', 'available=100000'), '200 MiB'],
    [
      'a kubelet that runs',
      'leftovers',
      (text: string) => text.replace('mount:', 'process:kubelet=yes\nmount:'),
      'kubeadm reset',
    ],
    [
      'a clashing route',
      'cidr',
      (text: string) => text.replace('000011AC', '0000F40A'),
      '10.244.0.0/16 on docker0 overlaps',
    ],
  ])('fails %s', (_what, name, script, words) => {
    const { result, text } = check(name, aMachine({}, script));
    expect(result).toBe('fail');
    expect(text).toContain(words);
  });

  test('tells apart why Docker cannot be used', () => {
    const missing = (text: string): string =>
      text.replace('docker-socket=present', 'docker-socket=missing').replace('process:dockerd=yes\n', '');
    const absent = (text: string): string => missing(text).replace('has-dockerd=/usr/sbin/dockerd\n', '');
    expect(check('docker', aMachine({ docker: silent }, absent)).text).toContain('Docker is not installed');
    expect(check('docker', aMachine({ docker: silent }, missing)).text).toContain('but does not run');
    const denied = (text: string): string => text.replace('docker-socket-access=yes', 'docker-socket-access=no');
    expect(check('docker-access', aMachine({ docker: silent }, denied)).text).toContain('usermod -aG docker ops');
    expect(check('docker-access', aMachine({ docker: silent })).text).toContain('does not answer: open failed');
    const forbidden = { ...silent, why: 'forwarding-forbidden' } as const;
    expect(check('docker-access', aMachine({ docker: forbidden })).text).toContain('AllowStreamLocalForwarding yes');
    expect(check('docker', aMachine({ docker: { ...docker, rootless: true } })).result).toBe('fail');
  });

  test('judges the clock by what the round trip leaves certain', () => {
    const skewed = (skewMs: number, uncertaintyMs = 0): string =>
      check('clock', aMachine({ clock: { skewMs, uncertaintyMs } })).result;
    expect(skewed(4000)).toBe('ok');
    expect(skewed(-6000)).toBe('warn');
    expect(skewed(6000, 2000)).toBe('ok');
    expect(skewed(31_000)).toBe('fail');
    expect(check('clock', aMachine({ clock: { skewMs: -3_600_000, uncertaintyMs: 0 } })).text).toContain(
      '60 minutes behind',
    );
  });

  test('finds clashes with other machines', () => {
    const withNeighbour = (neighbour: Findings['neighbours'][number], chosen = false) =>
      check('hostname', aMachine({ neighbours: [neighbour], nodeNameChosen: chosen }));
    expect(withNeighbour({ name: 'other', hostname: 'wh-1' })).toMatchObject({ result: 'fail' });
    expect(withNeighbour({ name: 'other', hostname: 'wh-1' }, true).result).toBe('warn');
    expect(withNeighbour({ name: 'other', machineId: '3d1219c7c4c5404aaa1f6d2a48adfda4' }).text).toContain(
      'copy of its disk',
    );
    expect(withNeighbour({ name: 'wh-1', hostname: 'elsewhere' }).text).toContain('is taken by another machine');
    expect(withNeighbour({ name: 'other', hostname: 'elsewhere' }).result).toBe('ok');
  });

  test('refuses the machine of another cluster, and knows its own', () => {
    const container = { name: 'wheelhouse-agent', cluster: 'other', role: 'agent', running: true };
    const foreign = aMachine({ docker: { ...docker, containers: [container] } });
    expect(check('leftovers', foreign)).toMatchObject({ result: 'fail' });
    const own = aMachine({ docker: { ...docker, containers: [{ ...container, cluster: 'mine' }] } });
    expect(check('leftovers', own).text).toContain('joined to this cluster before');
  });

  test('a node that is joined already is warned, and only cut off by what is essential', () => {
    const full = judge(aMachine({}, (text) => text.replace('/docker=81797032', '/docker=5')));
    expect(failureOf(soften(full, true), '')).toBeUndefined();
    expect(failureOf(soften(full, false), '')).toMatchObject({ reason: 'DiskFull', transient: false });
    const away = judge(aMachine({ docker: silent }));
    expect(failureOf(soften(away, true), '')).toMatchObject({ reason: 'DockerNotAccessible', transient: true });
  });
});
