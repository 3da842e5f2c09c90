import { describe, expect, test } from 'vitest';
import { NoFacts, parseFacts } from './facts.ts';
import { DEBIAN_12 } from './fixtures/debian-12.ts';

describe('the facts of a machine', () => {
  test('are read from the script, whatever a login script prints before', () => {
    const facts = parseFacts(DEBIAN_12);
    expect(facts).toMatchObject({
      system: 'Linux',
      architecture: 'x86_64',
      os: 'Debian GNU/Linux 12 (bookworm)',
      hostname: 'wh-1',
      uid: 1000,
      groups: ['ops', 'docker'],
      address: '10.99.0.11',
      dockerSocket: 'accessible',
      dockerRunning: true,
      sudo: 'password',
      memoryTotal: 4046848 * 1024,
      cgroupVersion: 2,
      mountShared: true,
      processes: [],
      time: 1795232708000,
    });
    expect(facts.diskFree.get('/var/lib/docker')).toBe(81797032 * 1024);
    expect(facts.routes).toEqual([
      { device: 'eth0', cidr: '0.0.0.0/0' },
      { device: 'eth0', cidr: '10.99.0.0/24' },
      { device: 'docker0', cidr: '172.17.0.0/16' },
      { device: 'vh0123456789ab', cidr: '10.244.1.5/32' },
    ]);
  });

  test('a socket that may not be used is told apart from one that is missing', () => {
    const denied = DEBIAN_12.replace('docker-socket-access=yes', 'docker-socket-access=no');
    expect(parseFacts(denied).dockerSocket).toBe('denied');
    expect(parseFacts(DEBIAN_12.replace('docker-socket=present', 'docker-socket=missing')).dockerSocket).toBe(
      'missing',
    );
  });

  test('a loopback address is not where other machines find this one', () => {
    expect(parseFacts(DEBIAN_12.replace('10.99.0.11 22', '127.0.0.1 22')).address).toBeUndefined();
  });

  test('a date without nanoseconds will do', () => {
    const plain = DEBIAN_12.replace('07.500000000', '07.%N').replace('08.500000000', '09.N');
    expect(parseFacts(plain).time).toBe(1795232708000);
  });

  test('the innermost mount decides whether mounts are shared', () => {
    expect(parseFacts(DEBIAN_12.replace('mount:/=shared', 'mount:/=shared\nmount:/var=private')).mountShared).toBe(
      false,
    );
  });

  test('output that was cut off, or of an account without a shell, is of no use', () => {
    expect(() => parseFacts(DEBIAN_12.slice(0, -30))).toThrow(NoFacts);
    expect(() => parseFacts('This account is currently not available.\n')).toThrow(NoFacts);
  });
});
