import { expect, test } from 'vitest';
import { shortImage } from './image-text.ts';

test.each([
  ['nginx:1.22', 'nginx:1.22'],
  ['registry:5000/team/api:1.9', 'api:1.9'],
  [`quay.io/x/api@sha256:${'0123456789abcdef'.repeat(4)}`, 'api@0123456789ab'],
])('%s is shown as %s', (image, text) => expect(shortImage(image)).toBe(text));
