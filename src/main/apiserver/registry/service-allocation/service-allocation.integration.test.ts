import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ENDPOINT_SLICES,
  ENDPOINTS,
  IP_ADDRESSES,
  SERVICE_CIDRS,
  SERVICES,
  type Service,
} from '../../../../shared/api/kinds.ts';
import { ApiError, messageOf } from '../../../../shared/api/errors.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { NODE_PORT_PREFIX } from './node-ports.ts';

let api: TestServer;
beforeEach(async () => void (api = await startTestServer()));
afterEach(() => api.close());

type Spec = NonNullable<Service['spec']>;
const create = (name: string, spec: Partial<Spec> = {}): Promise<Service> =>
  api.client.create(SERVICES, {
    metadata: { name, namespace: 'default' },
    spec: { ports: [{ name: 'http', port: 80 }], selector: { app: 'web' }, ...spec },
  });
const patch = (name: string, spec: object): Promise<Service> =>
  api.client.patch(SERVICES, { name, namespace: 'default' }, { spec });
const remove = (name: string): Promise<void> => api.client.delete(SERVICES, { name, namespace: 'default' });
/** Addresses taken besides those every cluster has. */
const taken = async (): Promise<string[]> =>
  (await api.client.list(IP_ADDRESSES)).items
    .map(({ metadata }) => metadata?.name ?? '')
    .filter((ip) => !/^10\.96\.0\.(1|10)$/.test(ip));
const portsTaken = async (): Promise<number[]> =>
  (await api.storage.list({ prefix: NODE_PORT_PREFIX })).items.map(({ key }) =>
    Number(key.slice(NODE_PORT_PREFIX.length)),
  );
const refusal = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no refusal', messageOf);

describe('every cluster has', () => {
  test('its range, the API server at the first address and DNS at the tenth', async () => {
    expect((await api.client.get(SERVICE_CIDRS, 'kubernetes')).spec).toEqual({ cidrs: ['10.96.0.0/16'] });
    const kubernetes = await api.client.get(SERVICES, 'kubernetes', 'default');
    expect(kubernetes.spec).toMatchObject({
      clusterIP: '10.96.0.1',
      ipFamilyPolicy: 'SingleStack',
      ipFamilies: ['IPv4'],
    });
    expect((await api.client.get(SERVICES, 'kube-dns', 'kube-system')).spec?.clusterIP).toBe('10.96.0.10');
    expect((await api.client.get(ENDPOINT_SLICES, 'kubernetes', 'default')).endpoints?.[0]?.addresses).toEqual([
      '10.96.0.1',
    ]);
    expect((await api.client.get(ENDPOINTS, 'kubernetes', 'default')).subsets?.[0]?.addresses).toEqual([
      { ip: '10.96.0.1' },
    ]);
    expect((await api.client.get(IP_ADDRESSES, '10.96.0.1')).spec?.parentRef).toMatchObject({
      resource: 'services',
      name: 'kubernetes',
    });
  });
});

describe('a cluster address', () => {
  test('is given from the upper part of the range, as an IPAddress object, and taken back with the Service', async () => {
    const { spec } = await create('web');
    expect(spec?.clusterIP).toMatch(/^10\.96\.(?!0\.)\d+\.\d+$/);
    expect(spec?.clusterIPs).toEqual([spec?.clusterIP]);
    expect(await taken()).toEqual([spec?.clusterIP]);
    await remove('web');
    expect(await taken()).toEqual([]);
  });

  test('may be asked for, once, and within the range', async () => {
    await create('web', { clusterIP: '10.96.0.77' });
    expect(await refusal(create('other', { clusterIP: '10.96.0.77' }))).toBe(
      'Service "other" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.77"]: failed to allocate IP 10.96.0.77: provided IP is already allocated',
    );
    expect(await refusal(create('other', { clusterIP: '192.0.2.1' }))).toContain(
      'failed to allocate IP 192.0.2.1: the provided IP (192.0.2.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16',
    );
    expect(await taken()).toEqual(['10.96.0.77']);
  });

  test('is never given twice, however many ask at once', async () => {
    const made = await Promise.all(Array.from({ length: 60 }, (_, index) => create(`web-${String(index)}`)));
    expect(new Set(made.map(({ spec }) => spec?.clusterIP)).size).toBe(60);
    const wanted = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => create(`same-${String(index)}`, { clusterIP: '10.96.0.99' })),
    );
    expect(wanted.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('is kept by a PUT that leaves it out, and may not change', async () => {
    const { spec, metadata } = await create('web');
    const put = await api.client.update(SERVICES, {
      metadata: { ...metadata },
      spec: { ports: [{ name: 'http', port: 81 }] },
    });
    expect(put.spec?.clusterIP).toBe(spec?.clusterIP);
    expect(await refusal(patch('web', { clusterIP: '10.96.0.50', clusterIPs: ['10.96.0.50'] }))).toContain(
      'may not change once set',
    );
    expect(await taken()).toEqual([spec?.clusterIP]);
  });

  test('goes when the Service becomes an ExternalName, and comes when it is none any more', async () => {
    await create('web');
    const external = await patch('web', { type: 'ExternalName', externalName: 'example.org' });
    expect([external.spec?.clusterIP, external.spec?.ipFamilies, await taken()]).toEqual([undefined, undefined, []]);
    const back = await patch('web', { type: 'ClusterIP', externalName: null });
    expect(await taken()).toEqual([back.spec?.clusterIP]);
  });

  test('headless Services and ExternalNames have none', async () => {
    await create('headless', { clusterIP: 'None' });
    await create('external', { type: 'ExternalName', externalName: 'example.org' });
    expect(await taken()).toEqual([]);
  });

  test('is not taken by a dry run, nor by a write that fails', async () => {
    await create('web');
    const before = await taken();
    expect(await refusal(create('web'))).toContain('already exists');
    const dry = await api.client.transport.request<Service>({
      method: 'POST',
      path: '/api/v1/namespaces/default/services',
      query: { dryRun: 'All' },
      body: { metadata: { name: 'dry' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } },
    });
    expect(dry.spec?.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30_000);
    expect([await taken(), await portsTaken()]).toEqual([before, []]);
  });
});

describe('a node port', () => {
  const nodePorts = ({ spec }: Service): (number | undefined)[] => (spec?.ports ?? []).map(({ nodePort }) => nodePort);

  test('is given, shared by protocols of one port, and taken back', async () => {
    const ports = [
      { name: 'a', port: 53, protocol: 'UDP' },
      { name: 'b', port: 53, protocol: 'TCP' },
      { name: 'c', port: 80, protocol: 'TCP' },
    ];
    const service = await create('web', { type: 'NodePort', ports });
    const [a, b, c] = nodePorts(service);
    expect([a === b, a === c]).toEqual([true, false]);
    expect(new Set(await portsTaken())).toEqual(new Set([a, c]));
    await patch('web', { type: 'ClusterIP' });
    expect(await portsTaken()).toEqual([]);
    expect(nodePorts(await api.client.get(SERVICES, 'web', 'default'))).toEqual([undefined, undefined, undefined]);
  });

  test('may be asked for, once, and within the range', async () => {
    const asked = (nodePort: number) => ({ type: 'NodePort', ports: [{ port: 80, nodePort }] });
    await create('web', asked(30080));
    expect(await refusal(create('other', asked(30080)))).toBe(
      'Service "other" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    );
    expect(await refusal(create('other', asked(80)))).toContain(
      'provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
    // What was taken before the refusal was given back.
    expect([await portsTaken(), (await taken()).length]).toEqual([[30080], 1]);
  });

  test('of a changed port is given back, of a kept one kept', async () => {
    const service = await create('web', {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ],
    });
    const [a] = nodePorts(service);
    const put = await api.client.update(SERVICES, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 1 },
          { name: 'c', port: 3 },
        ],
      },
    });
    expect(nodePorts(put)[0]).toBe(a);
    expect(new Set(await portsTaken())).toEqual(new Set(nodePorts(put)));
  });

  test('for health checks comes and goes with externalTrafficPolicy Local', async () => {
    const service = await create('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    expect(await portsTaken()).toContain(service.spec?.healthCheckNodePort);
    const cluster = await patch('web', { externalTrafficPolicy: 'Cluster' });
    expect(cluster.spec?.healthCheckNodePort).toBeUndefined();
    expect(await portsTaken()).toEqual(nodePorts(cluster));
  });

  test('is not given to a LoadBalancer that does without', async () => {
    await create('web', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false });
    expect(await portsTaken()).toEqual([]);
  });

  test('all of them can be had, and then none', async () => {
    const ports = Array.from({ length: 2768 }, (_, index) => ({ name: `p${String(index)}`, port: index + 1 }));
    await create('all', { type: 'NodePort', ports });
    const error = await create('more', { type: 'NodePort' }).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ApiError);
    expect(messageOf(error)).toContain('failed to allocate a nodePort: range is full');
  }, 60_000);
});
