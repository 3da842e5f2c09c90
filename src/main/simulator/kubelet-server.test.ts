import { request } from 'node:http';
import { expect, test } from 'vitest';
import type { Pod } from '../../shared/api/kinds.ts';
import type { StatsSummary } from '../../shared/api/stats-summary.ts';
import { SimulatedKubelet } from './kubelet-server.ts';
import { simulatedNode } from './node-objects.ts';

const pod = {
  metadata: { name: 'web', namespace: 'default', uid: 'u' },
  spec: { containers: [{ name: 'app', resources: { requests: { cpu: '1', memory: '100Mi' } } }] },
  status: {
    phase: 'Running',
    containerStatuses: [{ name: 'app', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
  },
} as unknown as Pod;

function get(kubelet: SimulatedKubelet, nodeName: string, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    request({ path, createConnection: () => kubelet.dial(nodeName) as never }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
}

test('serves the kubelet API over a stream: statistics with the requests as a yardstick, an honest log', async () => {
  const node = simulatedNode(0, 'v1');
  const kubelet = new SimulatedKubelet({
    node: (name) => (name === 'sim-0001' ? node : undefined),
    podsOf: () => [pod],
    now: () => 0,
  });
  const summary = JSON.parse((await get(kubelet, 'sim-0001', '/stats/summary')).text) as StatsSummary;
  const app = summary.pods[0]?.containers[0];
  expect(app?.cpu.usageNanoCores).toBeGreaterThan(0.2e9);
  expect(app?.cpu.usageNanoCores).toBeLessThan(0.8e9);
  expect(summary.node.memory.availableBytes).toBeGreaterThan(30 * 2 ** 30);
  expect((await get(kubelet, 'sim-0001', '/containerLogs/default/web/app')).text).toContain('no process runs');
  expect(await get(kubelet, 'sim-0001', '/portForward/default/web')).toEqual({
    status: 400,
    text: 'a simulated pod runs no process: there is nothing to exec into, attach to or forward a port to',
  });
  expect((await get(kubelet, 'gone', '/healthz')).status).toBe(404);
  kubelet.close();
});
