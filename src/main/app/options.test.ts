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
    store: 'embedded',
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

test.each([
  [['--listen', '6443'], '--listen 6443: expected HOST:PORT'],
  [['--ui', '127.0.0.1:99999'], '--ui 127.0.0.1:99999: expected HOST:PORT'],
  [['--simulate', 'many'], '--simulate many: expected a whole number from 0 to 5000'],
  [['--pod-network', 'flannel'], '--pod-network flannel: expected one of vxlan, host-gw, wireguard'],
  [['--simulate', '5001'], '--simulate 5001: expected a whole number from 0 to 5000'],
  [['--store', 'paper'], '--store paper'],
  [['--colour', 'blue'], "Unknown option '--colour'"],
])('%j is refused by name', (args, message) => {
  expect(() => parse(...args)).toThrow(OptionError);
  expect(() => parse(...args)).toThrow(message);
});

test('each platform keeps its data where it should', () => {
  expect(defaultDataDir({}, 'linux')).toMatch(/\.local\/share\/wheelhouse$/);
  expect(defaultDataDir({}, 'darwin')).toMatch(/Library\/Application Support\/Wheelhouse$/);
});
