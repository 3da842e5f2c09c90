import { describe, expect, test } from 'vitest';
import { hrefOf, parseHash } from './routes.ts';

describe('addresses', () => {
  test.each([
    '#/overview',
    '#/pods',
    '#/ns/web/pods',
    '#/ns/web/pods/api-7d?tab=events',
    '#/nodes/wh-1',
    '#/machines/add',
    '#/machines/wh-1',
    '#/first-run',
    '#/ns/web/deployments/api?q=a+b&f.state=failing%2Cwaiting',
  ])('%s leads somewhere and is written the same', (hash) => {
    const route = parseHash(hash);
    expect(route && hrefOf(route)).toBe(hash);
  });

  test.each(['', '#', '#/'])('%j is the overview', (hash) => expect(parseHash(hash)?.place).toBe('overview'));

  test.each([
    '#/nowhere',
    '#/ns/web',
    '#/ns/web/nodes',
    '#/ns/web/pods/a/b',
    '#/overview/x',
    '#/add-machine',
    '#/%zz',
    '#/pods/x',
  ])('%s leads nowhere', (hash) => expect(parseHash(hash)).toBeNull());

  test('names with odd characters survive', () => {
    const route = { place: 'nodes', namespace: '', name: 'a/b?c', query: {} } as const;
    expect(parseHash(hrefOf(route))).toEqual(route);
  });
});
