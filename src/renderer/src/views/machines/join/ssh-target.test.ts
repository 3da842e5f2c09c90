import { describe, expect, test } from 'vitest';
import { parseTarget, parseTargetList } from './ssh-target.ts';

describe('where to sign in', () => {
  test.each([
    ['root@192.168.1.20', { host: '192.168.1.20', user: 'root' }],
    ['box', { host: 'box' }],
    ['deploy@box.example.com:2222', { host: 'box.example.com', user: 'deploy', port: 2222 }],
    ['ssh://deploy@box:2222/', { host: 'box', user: 'deploy', port: 2222 }],
    ['root@fe80::1', { host: 'fe80::1', user: 'root' }],
    ['root@[fe80::1]:2222', { host: 'fe80::1', user: 'root', port: 2222 }],
    ['name@domain@box', { host: 'box', user: 'name@domain' }],
    ['ssh box', { host: 'box' }],
    ['  ssh -p 2222 -i ~/.ssh/key user@host ', { host: 'host', user: 'user', port: 2222, identityFile: '~/.ssh/key' }],
    ['ssh -vAp2222 user@host uptime -p 1', { host: 'host', user: 'user', port: 2222 }],
    ['/usr/bin/ssh -l me host', { host: 'host', user: 'me' }],
    ['ssh -J gate root@inner', { host: 'inner', user: 'root', jump: { host: 'gate' } }],
    [
      'ssh -J me@gate:2200 -i "/home/me/my key" root@inner',
      { host: 'inner', user: 'root', identityFile: '/home/me/my key', jump: { host: 'gate', user: 'me', port: 2200 } },
    ],
    [
      'ssh -o Port=2022 -o "User = me" -oProxyJump=gate inner',
      { host: 'inner', port: 2022, user: 'me', jump: { host: 'gate' } },
    ],
    ['ssh -o StrictHostKeyChecking=no host', { host: 'host' }],
    ['ssh user@host -p 2222', { host: 'host', user: 'user', port: 2222 }],
  ])('%s', (text, target) => expect(parseTarget(text)).toEqual({ target }));

  test.each([
    ['', 'Write an address'],
    ['ssh', 'names no machine'],
    ['ssh -p', 'has no value'],
    ['ssh -p seven host', 'seven is no port'],
    ['root@host:99999', '99999 is no port'],
    ['@host', 'no user before the @'],
    ['root@', 'no host'],
    ['root@ho$t', 'no name or address'],
    ['two words', 'neither one address nor an ssh command'],
    ['ssh -J a,b host', 'Several jump hosts'],
    ['ssh -J root@ host', 'Jump host: There is no host'],
  ])('%j is refused: %s', (text, problem) => {
    const parsed = parseTarget(text);
    expect('problem' in parsed && parsed.problem).toContain(problem);
  });
});

test('a list is read line by line, and says which line is wrong', () => {
  const lines = parseTargetList('# rack 1\nroot@a\n\n  ssh -p 22 me@b  \nroot@:1\nroot@a:22\n');
  expect(lines.map(({ text, parsed }) => [text, 'target' in parsed ? parsed.target.host : parsed.problem])).toEqual([
    ['root@a', 'a'],
    ['ssh -p 22 me@b', 'b'],
    ['root@:1', 'There is no host in root@:1.'],
    ['root@a:22', 'a is in the list twice.'],
  ]);
});
