import { expect, test } from 'vitest';
import { platformMismatch } from './image-platform.ts';

test.each([
  ['linux', 'amd64', 'x64', undefined],
  ['linux', '386', 'x64', undefined],
  ['linux', 'arm64', 'x64', 'the image is for linux/arm64, this machine is linux/amd64'],
  ['windows', 'amd64', 'x64', 'the image is for windows/amd64, this machine is linux/amd64'],
  ['linux', 'arm', 'arm64', undefined],
  // Nothing is known: nothing is said.
  ['linux', 'amd64', 'mips', undefined],
  ['', '', 'x64', undefined],
])('%s/%s on %s', (os, architecture, machine, expected) => {
  expect(platformMismatch({ os, architecture }, machine)).toBe(expected);
});
