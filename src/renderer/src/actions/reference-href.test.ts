import { expect, test } from 'vitest';
import { hrefOfReference } from './reference-href.ts';

test.each([
  ['Pod/web-1', '#/ns/shop/pods/web-1'],
  ['Node/wh-1', '#/nodes/wh-1'],
  ['Machine/wh-1', '#/machines/wh-1'],
  ['Lease/wh-1', undefined],
  ['Pod/', undefined],
  ['Pod', undefined],
])('%s leads to %s', (reference, href) => expect(hrefOfReference(reference, 'shop')).toBe(href));
