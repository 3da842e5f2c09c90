import { expect, test } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim } from '../api/kinds.ts';
import { isReachable, matchVolume, unfitness } from './match-volume.ts';

const MODES = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany'];
const claim = (spec: PersistentVolumeClaim['spec'] = {}): PersistentVolumeClaim => ({
  metadata: { name: 'data', namespace: 'default', uid: 'c1' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, storageClassName: '', ...spec },
});
const volume = (name: string, size: string, spec: PersistentVolume['spec'] = {}): PersistentVolume => ({
  metadata: { name },
  spec: { capacity: { storage: size }, accessModes: ['ReadWriteOnce'], storageClassName: '', ...spec },
  status: { phase: 'Available' },
});
const nameOfMatch = (...args: Parameters<typeof matchVolume>): string | undefined =>
  matchVolume(...args)?.metadata?.name;

/** A small generator of numbers that is the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

test('is the smallest of the fitting ones, whatever their order: against trying them all', () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const next = numbers(seed);
    const volumes = Array.from({ length: next(12) }, (_, index) => {
      const made = volume(`pv-${index}`, `${1 + next(10)}Gi`, {
        accessModes: MODES.filter(() => next(2) === 1),
        storageClassName: next(3) === 0 ? 'fast' : '',
        ...(next(6) === 0 ? { volumeMode: 'Block' } : {}),
        ...(next(6) === 0 ? { claimRef: { namespace: 'default', name: 'another' } } : {}),
      });
      return { ...made, status: { phase: next(5) === 0 ? 'Released' : 'Available' } };
    });
    const wanted = claim({ resources: { requests: { storage: `${1 + next(8)}Gi` } } });
    const key = ({ metadata, spec }: PersistentVolume): string =>
      `${spec?.accessModes?.length ?? 0} ${(spec?.capacity?.['storage'] ?? '').padStart(5, '0')} ${metadata?.name ?? ''}`;
    const best = volumes
      .filter((each) => each.status.phase === 'Available' && !each.spec?.claimRef && !unfitness(wanted, each))
      .map(key)
      .sort()[0];
    const found = matchVolume(wanted, [...volumes].reverse());
    expect(found && key(found)).toBe(best);
  }
});

test('is the one reserved for the claim, even when another fits better', () => {
  const reserved = volume('reserved', '50Gi', { claimRef: { namespace: 'default', name: 'data' } });
  const others = [volume('small', '5Gi'), reserved];
  expect(nameOfMatch(claim(), others)).toBe('reserved');
  expect(nameOfMatch(claim(), [volume('small', '5Gi')], { reservedOnly: true })).toBeUndefined();
  const ofPredecessor = volume('old', '5Gi', { claimRef: { namespace: 'default', name: 'data', uid: 'c0' } });
  expect(nameOfMatch(claim(), [ofPredecessor])).toBeUndefined();
});

test('satisfies the selector and can be reached from the node', () => {
  const here = { name: 'a', labels: { 'kubernetes.io/hostname': 'a' } };
  const onA = volume('on-a', '9Gi', {
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['a'] }] }],
      },
    },
  });
  expect(isReachable(onA, here)).toBe(true);
  expect(
    nameOfMatch(claim(), [onA], { node: { name: 'b', labels: { 'kubernetes.io/hostname': 'b' } } }),
  ).toBeUndefined();
  expect(nameOfMatch(claim(), [onA], { node: here, taken: new Set(['on-a']) })).toBeUndefined();
  const gold = { ...volume('gold', '9Gi'), metadata: { name: 'gold', labels: { tier: 'gold' } } };
  expect(nameOfMatch(claim({ selector: { matchLabels: { tier: 'gold' } } }), [volume('x', '5Gi'), gold])).toBe('gold');
});

test.each([
  ['requested PV is too small', volume('v', '4Gi')],
  ['storageClassName does not match', volume('v', '5Gi', { storageClassName: 'fast' })],
  ['incompatible volumeMode', volume('v', '5Gi', { volumeMode: 'Block' })],
  ['incompatible accessMode', volume('v', '5Gi', { accessModes: ['ReadOnlyMany'] })],
])('says why a volume will not do: %s', (why, offered) => {
  expect(unfitness(claim(), offered)).toBe(why);
  expect(matchVolume(claim(), [offered])).toBeUndefined();
});
