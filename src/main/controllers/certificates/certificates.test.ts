import { describe, expect, test } from 'vitest';
import { CERTIFICATE_SIGNING_REQUESTS, type CertificateSigningRequest } from '../../../shared/api/kinds.ts';
import type { Credentials, RequestedCertificate } from '../runtime/credentials.ts';
import { START, World } from '../testing/world.ts';
import { isDone } from './cleaner.ts';
import { certificateSigningController } from './signing-controller.ts';
import { lifeOf, problemWith } from './signers.ts';

const NODE_USAGES = ['digital signature', 'client auth'];
const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const KUBELET_SERVING = 'kubernetes.io/kubelet-serving';
const API_CLIENT = 'kubernetes.io/kube-apiserver-client';
const wanted = (parts: Partial<RequestedCertificate> = {}): RequestedCertificate => ({
  commonName: 'system:node:n1',
  organizations: ['system:nodes'],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
  ...parts,
});

describe('signers', () => {
  test.each<[string, string, Partial<RequestedCertificate>, string[], string | undefined]>([
    ['a node', KUBELET_CLIENT, {}, NODE_USAGES, undefined],
    ['a node with RSA', KUBELET_CLIENT, {}, [...NODE_USAGES, 'key encipherment'], undefined],
    ['no node', KUBELET_CLIENT, { organizations: ['a'] }, NODE_USAGES, 'subject organization is not system:nodes'],
    [
      'a node and more',
      KUBELET_CLIENT,
      { organizations: ['system:nodes', 'system:masters'] },
      NODE_USAGES,
      'subject organization is not system:nodes',
    ],
    ['a DNS name', KUBELET_CLIENT, { dnsNames: ['a'] }, NODE_USAGES, 'DNS subjectAltNames are not allowed'],
    [
      'another name',
      KUBELET_CLIENT,
      { commonName: 'ada' },
      NODE_USAGES,
      'subject common name does not begin with system:node: ',
    ],
    [
      'other usages',
      KUBELET_CLIENT,
      {},
      ['server auth', 'digital signature'],
      'usages did not match [client auth digital signature key encipherment]',
    ],
    ['a server', KUBELET_SERVING, { ipAddresses: ['10.0.0.1'] }, ['digital signature', 'server auth'], undefined],
    [
      'a server nowhere',
      KUBELET_SERVING,
      {},
      ['digital signature', 'server auth'],
      'DNS or IP subjectAltName is required',
    ],
    ['a user', API_CLIENT, { commonName: 'ada', organizations: [] }, ['client auth'], undefined],
    ['a user’s server', API_CLIENT, {}, ['server auth'], 'invalid usage for client certificate: server auth'],
    ['nothing', API_CLIENT, {}, ['digital signature'], 'missing required usage for client certificate: client auth'],
  ])('asked for %s by %s', (_what, signer, parts, usages, problem) => {
    expect(problemWith(signer, wanted(parts), usages)).toBe(problem);
  });

  test('give ten minutes at least and a year at most', () => {
    const life = (expirationSeconds?: number): number =>
      lifeOf({
        spec: {
          request: '',
          signerName: '',
          ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
        },
      });
    expect([life(), life(1), life(7200), life(10 ** 9)]).toEqual([31_536_000, 600, 7200, 31_536_000]);
  });
});

describe('signing', () => {
  const credentials: Credentials = {
    caCertificate: '',
    accountToken: () => Promise.reject(new Error('not asked for')),
    readRequest: (request) => {
      if (request === 'broken') throw new Error('PEM block type must be CERTIFICATE REQUEST');
      return wanted(request === 'ada' ? { commonName: 'ada' } : {});
    },
    signRequest: ({ request, usages, seconds }) => Promise.resolve(`${request} ${usages.join()} ${seconds}`),
  };
  const request = (name: string, approved: boolean, signerName = KUBELET_CLIENT): CertificateSigningRequest => ({
    metadata: { name },
    spec: { request: name, signerName, usages: NODE_USAGES, expirationSeconds: 7200 },
    ...(approved ? { status: { conditions: [{ type: 'Approved', status: 'True' }] } } : {}),
  });

  test('answers what was approved, and only for signers that are ours', async () => {
    const world = new World();
    for (const each of [
      request('good', true),
      request('ada', true),
      request('broken', true),
      request('pending', false),
      request('foreign', true, 'example.com/signer'),
    ])
      await world.client.create(CERTIFICATE_SIGNING_REQUESTS, each);
    await world.run((deps) => certificateSigningController(deps, credentials));
    const outcomes = async (): Promise<Record<string, string>> =>
      Object.fromEntries(
        (await world.list(CERTIFICATE_SIGNING_REQUESTS)).map(({ metadata, status }) => [
          metadata?.name ?? '',
          status?.certificate
            ? Buffer.from(status.certificate, 'base64').toString()
            : (status?.conditions ?? []).map(({ type, message }) => `${type} ${message ?? ''}`).join('; '),
        ]),
      );
    const expected = {
      good: 'good digital signature,client auth 7200',
      ada: 'Approved ; Failed subject common name does not begin with system:node: ',
      broken: 'Approved ; Failed PEM block type must be CERTIFICATE REQUEST',
      pending: '',
      foreign: 'Approved ',
    };
    const have = await world.until('three answers', outcomes, ({ good, ada = '', broken = '' }) =>
      Boolean(good?.startsWith('good') && ada.includes('Failed') && broken.includes('Failed')),
    );
    expect(have).toEqual(expected);
  });
});

describe('cleaning up', () => {
  const HOUR_MS = 3_600_000;
  const at = (ms: number): string => new Date(START + ms).toISOString();
  const made = (status: CertificateSigningRequest['status']): CertificateSigningRequest => ({
    metadata: { creationTimestamp: at(0) },
    spec: { request: '', signerName: KUBELET_CLIENT },
    ...(status ? { status } : {}),
  });
  const decided = (type: string): NonNullable<CertificateSigningRequest['status']> => ({
    conditions: [{ type, status: 'True', lastUpdateTime: at(0) }],
  });
  test.each<[string, CertificateSigningRequest['status'], number]>([
    ['pending', {}, 24],
    ['denied', decided('Denied'), 1],
    ['failed', decided('Failed'), 1],
    ['approved and issued', { ...decided('Approved'), certificate: 'eA==' }, 1],
    ['approved and not issued', decided('Approved'), 24],
  ])('%s', (_what, status, hours) => {
    expect(isDone(made(status), START + hours * HOUR_MS)).toBe(false);
    expect(isDone(made(status), START + hours * HOUR_MS + 1)).toBe(true);
  });
});
