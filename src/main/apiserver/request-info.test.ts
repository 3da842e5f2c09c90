import { describe, expect, test } from 'vitest';
import { isApiError } from '../../shared/api/errors.ts';
import { requestInfoOf, segmentsOf, type RequestInfo } from './request-info.ts';

const read = (method: string, path: string, query = ''): RequestInfo =>
  requestInfoOf(method, path, new URLSearchParams(query));

describe('request info', () => {
  test.each<[string, string, string, Partial<RequestInfo>]>([
    ['GET', '/version', '', { resourceRequest: false, verb: 'get', path: '/version' }],
    ['GET', '/api/v1', '', { resourceRequest: false, path: '/api/v1' }],
    ['GET', '/apis/apps/v1', '', { resourceRequest: false }],
    ['GET', '/api/v1/pods', '', { verb: 'list', resource: 'pods', namespace: '', name: '' }],
    ['GET', '/api/v1/pods', 'watch=true', { verb: 'watch', resource: 'pods' }],
    ['GET', '/api/v1/namespaces/x/pods/p', 'watch=true', { verb: 'get', namespace: 'x', name: 'p' }],
    ['GET', '/api/v1/namespaces/x/pods/p/log', '', { verb: 'get', subresource: 'log' }],
    [
      'POST',
      '/apis/apps/v1/namespaces/x/deployments',
      '',
      { verb: 'create', apiGroup: 'apps', resource: 'deployments' },
    ],
    ['DELETE', '/api/v1/namespaces/x/pods', '', { verb: 'deletecollection' }],
    ['GET', '/api/v1/namespaces/x', '', { verb: 'get', resource: 'namespaces', name: 'x', namespace: 'x' }],
    ['PUT', '/api/v1/namespaces/x/finalize', '', { verb: 'update', resource: 'namespaces', subresource: 'finalize' }],
    ['PATCH', '/api/v1/namespaces/x/status', '', { verb: 'patch', resource: 'namespaces', subresource: 'status' }],
    [
      'GET',
      '/api/v1/nodes/n/proxy/stats/summary',
      '',
      { resource: 'nodes', name: 'n', subresource: 'proxy', rest: ['stats', 'summary'] },
    ],
    ['GET', '/api/v1/nodes', 'fieldSelector=metadata.name%3Dn', { verb: 'list', name: 'n' }],
  ])('%s %s?%s', (method, path, query, expected) => {
    expect(read(method, path, query)).toMatchObject(expected);
  });

  test.each([
    '/api/v1/namespaces/a%2Fb/pods',
    '/api/v1/../apis',
    '/api/v1/%2e%2e/x',
    '/api//v1',
    '/api/v1/nodes/%00',
    '/a%zz',
    'x',
    '/a%5Cb',
  ])('refuses the path %s', (path) => {
    let thrown: unknown;
    try {
      segmentsOf(path);
    } catch (error) {
      thrown = error;
    }
    expect(isApiError(thrown) && thrown.code).toBe(400);
  });
});
