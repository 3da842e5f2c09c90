import { expect, test } from 'vitest';
import { fieldManagerOf } from './field-manager.ts';

test.each([
  ['fieldManager=mine', 'kubectl/v1.34.0', 'mine'],
  ['fieldManager=', 'kubectl/v1.34.0 (linux/amd64)', 'kubectl'],
  ['', 'my controller/v1', 'my controller'],
  ['', 'no-version', 'no-version'],
  ['', 'a\u0007b\u200b/1', 'ab'],
  ['', `${'é'.repeat(100)}/1`, 'é'.repeat(64)],
  ['', '', ''],
])('%j from %j is %j', (query, userAgent, manager) => {
  expect(fieldManagerOf({ query: new URLSearchParams(query), userAgent })).toBe(manager);
});
