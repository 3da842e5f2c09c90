import { expect, test } from 'vitest';
import type { Secret } from '../../shared/api/kinds.ts';
import { credentialsFor } from './registry-credentials.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secret = (auths: object): Secret => ({ data: { '.dockerconfigjson': base64(JSON.stringify({ auths })) } });
const ada = { username: 'ada', password: 'l:ove' };

test.each([
  ['the registry itself', { 'reg.example:5000': { auth: base64('ada:l:ove') } }, 'reg.example:5000', 'team/app'],
  ['a URL', { 'https://reg.example/v2/': ada }, 'reg.example', 'team/app'],
  ['a prefix of the repository', { 'reg.example/team': ada }, 'reg.example', 'team/app'],
  ['a wildcard', { '*.example': ada }, 'reg.example', 'x'],
  ['the hub under its old name', { 'https://index.docker.io/v1/': ada }, 'docker.io', 'library/nginx'],
])('finds credentials by %s', (_, auths, registry, repository) => {
  expect(credentialsFor([secret(auths)], registry, repository)).toEqual([ada]);
});

test.each([
  ['another registry', { 'other.example': ada }, 'reg.example', 'x'],
  ['another path, not just another spelling', { 'reg.example/team': ada }, 'reg.example', 'teamwork/app'],
  ['a wildcard over two labels', { '*.example': ada }, 'a.b.example', 'x'],
])('gives nothing for %s', (_, auths, registry, repository) => {
  expect(credentialsFor([secret(auths)], registry, repository)).toEqual([]);
});

test('the most specific comes first, and a broken secret is skipped', () => {
  const bob = { username: 'bob', password: 'x' };
  const broken: Secret = { data: { '.dockerconfigjson': base64('{') } };
  const auths = { 'reg.example': ada, 'reg.example/team/app': bob };
  expect(credentialsFor([broken, secret(auths)], 'reg.example', 'team/app')).toEqual([bob, ada]);
});
