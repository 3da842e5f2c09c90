import { describe, expect, test } from 'vitest';
import { parseHierarchies } from './cgroups.ts';

describe('the hierarchies in /proc/self/mounts', () => {
  test('a version 1 host has one per controller group, with the options that mount it again', () => {
    const mounts = [
      'tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0',
      'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,nodev,noexec,relatime,cpu,cpuacct 0 0',
      'cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0',
      'cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,xattr,name=systemd 0 0',
      'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0',
    ].join('\n');
    expect(parseHierarchies(mounts)).toEqual([
      { version: 1, root: '/sys/fs/cgroup/cpu,cpuacct', options: 'cpu,cpuacct' },
      { version: 1, root: '/sys/fs/cgroup/memory', options: 'memory' },
      { version: 1, root: '/sys/fs/cgroup/systemd', options: 'none,name=systemd' },
    ]);
  });

  test('a version 2 host has one', () => {
    const mounts =
      'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot 0 0\n';
    expect(parseHierarchies(mounts)).toEqual([{ version: 2, root: '/sys/fs/cgroup', options: 'nsdelegate' }]);
  });
});
