import { expect, test } from 'vitest';
import { describeTarget, draftMachines } from './join-draft.ts';
import { parseTargetList } from './ssh-target.ts';

test('names are suggested, typed ones are kept, and two of one name are told', () => {
  const lines = parseTargetList('root@web.rack1\nroot@web.rack2\nme@db\nroot@:x\n');
  const typed = new Map([['me@db', 'web']]);
  expect(draftMachines(lines, typed, new Set(['web'])).map(({ name, problem }) => [name, problem])).toEqual([
    ['web-2', undefined],
    ['web-3', undefined],
    ['web', 'There is a Machine or Node web already.'],
  ]);
});

test('a target is described with what is taken for granted', () => {
  expect(describeTarget({ host: 'h' })).toBe('h port 22 as root');
  expect(describeTarget({ host: 'h', port: 2222, user: 'me', jump: { host: 'gate' } })).toBe(
    'h port 2222 as me, through gate',
  );
});
