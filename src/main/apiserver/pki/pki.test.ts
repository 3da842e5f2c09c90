import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openTokens } from '../auth/tokens.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { openPki } from './pki.ts';
import { readIfPresent } from './private-file.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-01T00:00:00Z');
const at = (days: number): { now: () => number } => ({ now: () => START + days * DAY_MS });

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wheelhouse-pki-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('the authority', () => {
  test('is made once and kept where only its owner can read it', async () => {
    const first = await openPki(directory, at(0));
    const second = await openPki(directory, at(1));
    expect([second.caCertificate, second.serving]).toEqual([first.caCertificate, first.serving]);
    for (const name of await readdir(directory))
      expect([name, (await stat(join(directory, name))).mode & 0o777]).toEqual([name, 0o600]);
    const ca = new X509Certificate(first.caCertificate);
    expect([ca.ca, Date.parse(ca.validTo) - START, START - Date.parse(ca.validFrom)]).toEqual([
      true,
      3650 * DAY_MS,
      3_600_000,
    ]);
  });

  test('serves under every name the API is reached by', async () => {
    const { serving, caCertificate } = await openPki(directory, at(0));
    const leaf = new X509Certificate(serving.certificate);
    for (const name of [
      'localhost',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ])
      expect(leaf.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '::1', '10.96.0.1']) expect(leaf.checkIP(address)).toBe(address);
    const ca = new X509Certificate(caCertificate);
    expect([leaf.verify(ca.publicKey), leaf.checkIssued(ca), leaf.ca]).toEqual([true, true, false]);
  });

  test('replaces the serving certificate after two thirds of its life, and after a change of authority', async () => {
    const first = await openPki(directory, at(0));
    expect((await openPki(directory, at(240))).serving).toEqual(first.serving);
    const renewed = await openPki(directory, at(250));
    expect(renewed.serving.certificate).not.toBe(first.serving.certificate);
    await rm(join(directory, 'ca.key'));
    const other = await openPki(directory, at(251));
    expect(other.caCertificate).not.toBe(first.caCertificate);
    expect(
      new X509Certificate(other.serving.certificate).verify(new X509Certificate(other.caCertificate).publicKey),
    ).toBe(true);
  });

  test('issues client certificates that say who and in which groups', async () => {
    const pki = await openPki(directory, at(0));
    const { certificate } = await pki.issueClientCertificate({
      commonName: 'system:node:höst, O=evil',
      organizations: ['system:nodes', 'b'],
      days: 7,
    });
    const leaf = new X509Certificate(certificate);
    const { subject } = leaf.toLegacyObject();
    expect({ ...subject }).toEqual({ CN: 'system:node:höst, O=evil', O: ['system:nodes', 'b'] });
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(Date.parse(leaf.validTo) - START).toBe(7 * DAY_MS);
  });
});

test('the kubeconfig signs in as kubernetes-admin and is private', async () => {
  const pki = await openPki(directory, at(0));
  const path = join(directory, 'sub', 'admin.kubeconfig');
  await writeKubeconfig(path, pki, { server: 'https://127.0.0.1:6443' });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const config = parse((await readIfPresent(path)) ?? '') as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
    users: { user: { 'client-certificate-data': string } }[];
  };
  const pem = Buffer.from(config.users[0]?.user['client-certificate-data'] ?? '', 'base64').toString();
  expect({ ...new X509Certificate(pem).toLegacyObject().subject }).toEqual({
    CN: 'kubernetes-admin',
    O: 'system:masters',
  });
  expect(config.clusters[0]?.cluster.server).toBe('https://127.0.0.1:6443');
  expect(Buffer.from(config.clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64').toString()).toBe(
    pki.caCertificate,
  );
});

test('the administrator’s token is made once, private, and known again', async () => {
  const first = await openTokens(directory);
  const second = await openTokens(directory);
  expect(second.adminToken).toBe(first.adminToken);
  expect((await second.authenticate(first.adminToken))?.groups).toEqual(['system:masters']);
  expect(await second.authenticate(`${first.adminToken}x`)).toBeUndefined();
  expect((await stat(join(directory, 'admin.token'))).mode & 0o777).toBe(0o600);
});
