import { describe, expect, test } from 'vitest';
import type { Container, Pod } from '../../shared/api/kinds.ts';
import { dockerResources, oomScoreAdj, qosClass } from './resources.ts';

const withResources = (resources: Container['resources']): Container =>
  ({ name: 'app', ...(resources ? { resources } : {}) }) as Container;
const podOf = (...containers: Container[]): Pod => ({ spec: { containers } });

describe('requests and limits for Docker', () => {
  test.each([
    ['nothing asked for', undefined, { CpuShares: 2 }],
    ['a request', { requests: { cpu: '250m', memory: '64Mi' } }, { CpuShares: 256 }],
    [
      'limits',
      { requests: { cpu: '100m' }, limits: { cpu: '1500m', memory: '64Mi' } },
      { CpuShares: 102, CpuPeriod: 100_000, CpuQuota: 150_000, Memory: 67_108_864, MemorySwap: 67_108_864 },
    ],
    ['a limit without request', { limits: { cpu: '1m' } }, { CpuShares: 2, CpuPeriod: 100_000, CpuQuota: 1000 }],
  ])('%s', (_, resources, expected) => {
    expect(dockerResources(withResources(resources))).toEqual(expected);
  });
});

describe('quality of service', () => {
  const guaranteed = withResources({
    requests: { cpu: '1', memory: '1Gi' },
    limits: { cpu: '1000m', memory: '1024Mi' },
  });
  const burstable = withResources({ requests: { memory: '1Gi' } });
  const bestEffort = withResources(undefined);
  test.each([
    ['Guaranteed', podOf(guaranteed), -997],
    ['Burstable', podOf(burstable), 750],
    ['Burstable', podOf(guaranteed, bestEffort), 750],
    ['BestEffort', podOf(bestEffort), 1000],
  ])('%s', (qos, pod, score) => {
    expect(qosClass(pod)).toBe(qos);
    expect(oomScoreAdj(pod, pod.spec!.containers[0]!, 4 * 2 ** 30)).toBe(score);
  });

  test('a critical pod is protected whatever it asks for', () => {
    expect(oomScoreAdj({ spec: { priority: 2_000_000_000, containers: [bestEffort] } }, bestEffort, 2 ** 30)).toBe(
      -997,
    );
  });
});
