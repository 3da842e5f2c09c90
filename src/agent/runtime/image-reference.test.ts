import { describe, expect, test } from 'vitest';
import { defaultPullPolicy, parseImageReference } from './image-reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('image references', () => {
  test.each([
    ['nginx', 'docker.io', 'library/nginx', undefined, 'nginx:latest'],
    ['nginx:1.25', 'docker.io', 'library/nginx', '1.25', 'nginx:1.25'],
    ['user/app', 'docker.io', 'user/app', undefined, 'user/app:latest'],
    ['10.0.0.1:5000/a/b:v1', '10.0.0.1:5000', 'a/b', 'v1', '10.0.0.1:5000/a/b:v1'],
    ['localhost/x', 'localhost', 'x', undefined, 'localhost/x:latest'],
    [`ghcr.io/a/b@${DIGEST}`, 'ghcr.io', 'a/b', undefined, `ghcr.io/a/b@${DIGEST}`],
  ])('%s', (text, registry, repository, tag, canonical) => {
    expect(parseImageReference(text)).toMatchObject({ registry, repository, tag, canonical });
  });

  test.each([
    ['', 'invalid reference format'],
    ['a b', 'invalid reference format'],
    ['nginx:', 'invalid reference format'],
    ['nginx:la test', 'invalid reference format'],
    ['nginx@sha256:12', 'invalid reference format'],
    ['Nginx', 'invalid reference format: repository name must be lowercase'],
    ['ghcr.io/Me/app', 'invalid reference format: repository name must be lowercase'],
  ])('refuses %j', (text, reason) => {
    expect(parseImageReference(text)).toBe(reason);
  });

  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.25', 'IfNotPresent'],
    [`nginx@${DIGEST}`, 'IfNotPresent'],
  ])('%s is pulled %s by default', (image, policy) => {
    expect(defaultPullPolicy(image)).toBe(policy);
  });
});
