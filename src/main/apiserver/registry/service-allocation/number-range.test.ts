import { describe, expect, test } from 'vitest';
import type { IPAddress, Service } from '../../../../shared/api/kinds.ts';
import { initIpFamilies } from './ip-families.ts';
import { addressRange, candidates, isInRange, NODE_PORTS, toIp } from './number-range.ts';
import { planRepair } from './repair.ts';

describe('ranges', () => {
  test.each([
    ['10.96.0.0/16', '10.96.0.1', '10.96.255.254', 256],
    ['10.96.0.0/24', '10.96.0.1', '10.96.0.254', 16],
    ['10.96.0.0/28', '10.96.0.1', '10.96.0.14', 0],
    ['10.96.0.0/12', '10.96.0.1', '10.111.255.254', 256],
  ])('%s gives %s to %s and keeps %i back', (cidr, first, last, keptBack) => {
    const range = addressRange(cidr);
    expect([toIp(range.first), toIp(range.last), range.keptBack]).toEqual([first, last, keptBack]);
    expect([first, last, '10.95.255.255'].map((ip) => isInRange(range, ip))).toEqual([true, true, false]);
  });

  test('every number comes once, those kept back last', () => {
    for (const random of [0, 0.4, 0.999]) {
      const all = [...candidates(NODE_PORTS, () => random)];
      expect(new Set(all).size).toBe(2768);
      expect(Math.max(...all.slice(-86))).toBe(30_085);
    }
  });
});

describe('IP families of a cluster without IPv6', () => {
  type Spec = NonNullable<Service['spec']>;
  const init = (spec: Spec, before?: Spec): [Spec['ipFamilyPolicy'], Spec['ipFamilies']] | string[] => {
    const errors = initIpFamilies(spec, before);
    return errors.length > 0
      ? errors.map(({ field, detail }) => `${field}: ${detail}`)
      : [spec.ipFamilyPolicy, spec.ipFamilies];
  };
  test.each<[string, Spec, Spec | undefined, unknown]>([
    ['nothing said', {}, undefined, ['SingleStack', ['IPv4']]],
    ['PreferDualStack', { ipFamilyPolicy: 'PreferDualStack' }, undefined, ['PreferDualStack', ['IPv4']]],
    [
      'headless',
      { clusterIP: 'None', clusterIPs: ['None'], selector: { a: 'b' } },
      undefined,
      ['SingleStack', ['IPv4']],
    ],
    [
      'headless without a selector',
      { clusterIP: 'None', clusterIPs: ['None'] },
      undefined,
      ['RequireDualStack', ['IPv4', 'IPv6']],
    ],
    ['what it was before', {}, { ipFamilyPolicy: 'PreferDualStack' }, ['PreferDualStack', ['IPv4']]],
    ['ExternalName', { type: 'ExternalName' }, undefined, [undefined, undefined]],
    [
      'RequireDualStack',
      { ipFamilyPolicy: 'RequireDualStack' },
      undefined,
      ['spec.ipFamilyPolicy: this cluster is not configured for dual-stack services'],
    ],
    ['IPv6', { ipFamilies: ['IPv6'] }, undefined, ['spec.ipFamilies[0]: not configured on this cluster']],
    [
      'an IPv6 address',
      { clusterIPs: ['fd00::1'] },
      undefined,
      ['spec.clusterIPs[0]: IPv6 is not configured on this cluster'],
    ],
  ])('%s', (_, spec, before, expected) => {
    expect(init(spec, before)).toEqual(expected);
  });
});

describe('the repair', () => {
  const now = Date.parse('2026-01-01T01:00:00Z');
  const service: Service = {
    metadata: { name: 'web', namespace: 'default', uid: 'u1' },
    spec: { type: 'NodePort', clusterIP: '10.96.0.9', ports: [{ port: 80, nodePort: 30080 }] },
  };
  const address = (name: string, owner: string, creationTimestamp = '2026-01-01T00:00:00Z'): IPAddress => ({
    metadata: { name, creationTimestamp, labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: owner } },
  });
  const record = { namespace: 'default', name: 'web', uid: 'u1', since: 0 };

  test('finds nothing where all is as Services say', () => {
    const plan = planRepair([service], [address('10.96.0.9', 'web')], new Map([[30080, record]]), now);
    expect(plan).toEqual({ leakedIps: [], leakedPorts: [], missingIps: [], missingPorts: [] });
  });

  test('finds what nobody has, and what is not taken; what is young it leaves', () => {
    const addresses = [
      address('10.96.0.7', 'web'),
      address('10.96.0.8', 'gone'),
      address('10.96.0.6', 'x', '2026-01-01T00:59:30Z'),
    ];
    const ports = new Map([
      [30081, record],
      [30082, { ...record, uid: 'earlier' }],
      [30083, { ...record, since: now }],
    ]);
    const plan = planRepair([service], addresses, ports, now);
    expect(plan.leakedIps.map(({ metadata }) => metadata?.name)).toEqual(['10.96.0.7', '10.96.0.8']);
    expect(plan.leakedPorts.map(({ port }) => port)).toEqual([30081, 30082]);
    expect(plan.missingIps.map(({ ip }) => ip)).toEqual(['10.96.0.9']);
    expect(plan.missingPorts.map(({ port }) => port)).toEqual([30080]);
  });
});
