import { expect, test } from 'vitest';
import { defaultDataDir, OptionError, parseOptions } from './options.ts';

const parse = (...args: string[]) => parseOptions(args, { XDG_DATA_HOME: '/x' }, 'linux');

test('defaults are loopback and the data home', () => {
  expect(parse()).toEqual({
    dataDir: '/x/wheelhouse',
    listen: { host: '127.0.0.1', port: 6443 },
    ui: { host: '127.0.0.1', port: 7080 },
    simulate: undefined,
    podNetwork: 'vxlan',
    etcd: undefined,
    auditLog: 'metadata',
  });
});

test('reads every option, IPv6 too', () => {
  expect(parse('--data-dir', '/d', '--listen', '[::1]:0', '--ui', 'localhost:8080', '--simulate', '12')).toMatchObject({
    dataDir: '/d',
    listen: { host: '::1', port: 0 },
    ui: { host: 'localhost', port: 8080 },
    simulate: 12,
  });
});

const ETCD = ['--store', 'etcd', '--join-secret-file', '/s'];

test('etcd is named by its endpoints, each a member', () => {
  expect(parse(...ETCD).etcd).toMatchObject({ endpoints: ['http://127.0.0.1:2379'], joinSecretFile: '/s' });
  expect(parse(...ETCD, '--etcd-endpoints', 'https://a:1, https://[::1]:2', '--etcd-cafile', '/ca').etcd).toMatchObject(
    {
      endpoints: ['https://a:1', 'https://[::1]:2'],
      caFile: '/ca',
    },
  );
});

test.each([
  [['--listen', '6443'], '--listen 6443: expected HOST:PORT'],
  [['--ui', '127.0.0.1:99999'], '--ui 127.0.0.1:99999: expected HOST:PORT'],
  [['--simulate', 'many'], '--simulate many: expected a whole number from 0 to 5000'],
  [['--pod-network', 'flannel'], '--pod-network flannel: expected one of vxlan, host-gw, wireguard'],
  [['--simulate', '5001'], '--simulate 5001: expected a whole number from 0 to 5000'],
  [['--store', 'paper'], '--store paper: expected embedded or etcd'],
  [['--etcd-endpoints', 'http://127.0.0.1:2379'], '--etcd-endpoints goes with --store etcd'],
  [['--store', 'etcd'], '--store etcd needs --join-secret-file FILE'],
  [[...ETCD, '--etcd-endpoints', '127.0.0.1:2379'], '--etcd-endpoints 127.0.0.1:2379: expected URL'],
  [[...ETCD, '--etcd-endpoints', 'http://a:1,https://b:1'], 'either all are http or all are https'],
  [[...ETCD, '--etcd-certfile', 'c'], '--etcd-certfile and --etcd-keyfile go together'],
  [['--audit-log', 'loud'], '--audit-log loud: expected off, metadata, request'],
  [['--colour', 'blue'], "Unknown option '--colour'"],
])('%j is refused by name', (args, message) => {
  expect(() => parse(...args)).toThrow(OptionError);
  expect(() => parse(...args)).toThrow(message);
});

test('each platform keeps its data where it should', () => {
  expect(defaultDataDir({}, 'linux')).toMatch(/\.local\/share\/wheelhouse$/);
  expect(defaultDataDir({}, 'darwin')).toMatch(/Library\/Application Support\/Wheelhouse$/);
});
