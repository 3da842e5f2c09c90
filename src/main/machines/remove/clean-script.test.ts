import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { cleanScript, leftIn } from './clean-script.ts';
import { drainTimeMs } from './drain.ts';

describe('cleaning a machine', () => {
  test('the script is one that a shell understands', () => {
    const { status, stderr } = spawnSync('sh', ['-n'], { input: cleanScript('10.244.0.0/16'), encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('matches the accept rules of a node’s part of the pod network, and no others', () => {
    const pattern = /grep -E '(\^-A DOCKER-USER .*?)'/.exec(cleanScript('10.244.0.0/16'))?.[1] ?? '';
    const rule = new RegExp(pattern);
    expect(rule.test('-A DOCKER-USER -s 10.244.3.0/24 -j ACCEPT')).toBe(true);
    expect(rule.test('-A DOCKER-USER -d 10.244.0.0/16 -j ACCEPT')).toBe(true);
    expect(rule.test('-A DOCKER-USER -s 10.24.4.0/24 -j ACCEPT')).toBe(false);
    expect(rule.test('-A DOCKER-USER -s 10.244.3.0/24 -j DROP')).toBe(false);
    expect(rule.test('-A DOCKER-USER -j RETURN')).toBe(false);
  });

  test('what is left is read from its output', () => {
    expect(leftIn('noise\nleft: nftables table ip wheelhouse\nleft: mount /x\n')).toEqual([
      'nftables table ip wheelhouse',
      'mount /x',
    ]);
  });

  test('waits for the longest grace and a little more, but not for hours', () => {
    const pod = (seconds?: number) => ({
      spec: { containers: [], ...(seconds === undefined ? {} : { terminationGracePeriodSeconds: seconds }) },
    });
    expect(drainTimeMs([])).toBe(15_000);
    expect(drainTimeMs([pod(), pod(60)])).toBe(75_000);
    expect(drainTimeMs([pod(86_400)])).toBe(300_000);
  });
});
