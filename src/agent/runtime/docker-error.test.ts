import { expect, test } from 'vitest';
import { dockerMessage, dockerStatus, isDockerDown } from './docker-error.ts';

test.each([
  [
    '(HTTP code 404) unexpected - manifest for H/busybox:nope not found: manifest unknown: manifest unknown ',
    'manifest for H/busybox:nope not found: manifest unknown: manifest unknown',
  ],
  [
    '(HTTP code 500) server error - Head "http://H/v2/priv/busybox/manifests/1": no basic auth credentials ',
    'Head "http://H/v2/priv/busybox/manifests/1": no basic auth credentials',
  ],
  ['connect ENOENT /var/run/docker.sock', 'connect ENOENT /var/run/docker.sock'],
])('keeps only what Docker said of %s', (message, expected) => {
  expect(dockerMessage(new Error(message))).toBe(expected);
});

test('tells a refusal from an engine that is not there', () => {
  expect(dockerStatus(Object.assign(new Error('x'), { statusCode: 409 }))).toBe(409);
  expect(isDockerDown(Object.assign(new Error('x'), { statusCode: 409 }))).toBe(false);
  expect(isDockerDown(new Error('connect ECONNREFUSED'))).toBe(true);
});
