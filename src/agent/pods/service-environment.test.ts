import { expect, test } from 'vitest';
import type { Service } from '../../shared/api/kinds.ts';
import { environment } from './environment.ts';
import { aContainer, aPod } from './fixtures.ts';
import { serviceEnvironment } from './service-environment.ts';

const service = (namespace: string, name: string, clusterIP: string): Service => ({
  metadata: { name, namespace },
  spec: {
    clusterIP,
    ports: [
      { name: 'http-web', port: 80, protocol: 'TCP' },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  },
});
const api = service('default', 'kubernetes', '10.96.0.1');
const web = service('default', 'my-web', '10.96.0.9');
const other = service('other', 'db', '10.96.0.8');
const headless = service('default', 'headless', 'None');
const known = [web, api, other, headless];

test('of a Service containers know what kubelet tells them', () => {
  expect(Object.fromEntries(serviceEnvironment(aPod(), [web]))).toEqual({
    MY_WEB_SERVICE_HOST: '10.96.0.9',
    MY_WEB_SERVICE_PORT: '80',
    MY_WEB_SERVICE_PORT_HTTP_WEB: '80',
    MY_WEB_SERVICE_PORT_DNS: '53',
    MY_WEB_PORT: 'tcp://10.96.0.9:80',
    MY_WEB_PORT_80_TCP: 'tcp://10.96.0.9:80',
    MY_WEB_PORT_80_TCP_PROTO: 'tcp',
    MY_WEB_PORT_80_TCP_PORT: '80',
    MY_WEB_PORT_80_TCP_ADDR: '10.96.0.9',
    MY_WEB_PORT_53_UDP: 'udp://10.96.0.9:53',
    MY_WEB_PORT_53_UDP_PROTO: 'udp',
    MY_WEB_PORT_53_UDP_PORT: '53',
    MY_WEB_PORT_53_UDP_ADDR: '10.96.0.9',
  });
});

test('they know those of their namespace, and the API server’s always', () => {
  const hosts = (pod = aPod()): string[] =>
    [...serviceEnvironment(pod, known).keys()].filter((name) => name.endsWith('_SERVICE_HOST')).sort();
  expect(hosts()).toEqual(['KUBERNETES_SERVICE_HOST', 'MY_WEB_SERVICE_HOST']);
  expect(hosts(aPod({ enableServiceLinks: false }))).toEqual(['KUBERNETES_SERVICE_HOST']);
  const elsewhere = aPod({}, { metadata: { name: 'x', namespace: 'other' } });
  expect(hosts(elsewhere)).toEqual(['DB_SERVICE_HOST', 'KUBERNETES_SERVICE_HOST']);
});

test('while no Services are known nothing starts', () => {
  expect(() => serviceEnvironment(aPod(), undefined)).toThrow('services have not yet been read at least once');
});

test('the container’s own variables win, and may refer to these', () => {
  const container = aContainer({
    env: [
      { name: 'URL', value: 'https://$(KUBERNETES_SERVICE_HOST)' },
      { name: 'KUBERNETES_SERVICE_PORT', value: 'mine' },
    ],
  });
  const around = { podIp: undefined, hostIp: undefined, allocatable: { milliCpu: 0, memoryBytes: 0 } };
  const objects = { configMaps: new Map(), secrets: new Map(), tokens: new Map() };
  const list = environment(aPod(), container, objects, around, serviceEnvironment(aPod(), [api]));
  const found = new Map(list.map(({ name, value }) => [name, value]));
  expect(found.get('URL')).toBe('https://10.96.0.1');
  expect(found.get('KUBERNETES_SERVICE_PORT')).toBe('mine');
  expect(found.get('KUBERNETES_SERVICE_HOST')).toBe('10.96.0.1');
});
