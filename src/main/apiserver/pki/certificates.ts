import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A key and its certificate, both PEM. */
export interface KeyPair {
  key: string;
  certificate: string;
}

const DAY_MS = 86_400_000;
/** A laptop's clock and a machine's may differ; a certificate is valid from an hour before it was made. */
const BACKDATE_MS = 3_600_000;
const CA_DAYS = 3650;
/** What the authority signs with. */
export const SIGNING_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

x509.cryptoProvider.set(webcrypto as never);

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(SIGNING_ALGORITHM, true, ['sign', 'verify']);

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function validity(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

/** A self-signed ECDSA P-256 authority that may sign leaves only (path length 0). */
export async function createAuthority(commonName: string, nowMs: number): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: new x509.Name([{ CN: [{ utf8String: commonName }] }]),
    keys,
    signingAlgorithm: SIGNING_ALGORITHM,
    ...validity(nowMs, CA_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await pemOf(keys.privateKey), certificate: certificate.toString('pem') };
}

/** The authority's key, to sign with. */
export const authoritySigningKey = (authority: KeyPair): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(authority.key), SIGNING_ALGORITHM, false, ['sign']);

export interface LeafRequest {
  commonName: string;
  organizations: readonly string[];
  days: number;
  usage: 'client' | 'server';
  /** Subject alternative names of a serving certificate. */
  alternativeNames?: readonly { type: 'dns' | 'ip'; value: string }[];
}

/** A leaf with a fresh key, signed by the authority. */
export async function issueLeaf(authority: KeyPair, request: LeafRequest, nowMs: number): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await authoritySigningKey(authority);
  const keys = await generateKeys();
  const usage = request.usage === 'client' ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: new x509.Name([
      // One set per organization, as Go writes a group list.
      ...request.organizations.map((organization) => ({ O: [{ utf8String: organization }] })),
      { CN: [{ utf8String: request.commonName }] },
    ]),
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: SIGNING_ALGORITHM,
    ...validity(nowMs, request.days),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(request.alternativeNames?.length
        ? [new x509.SubjectAlternativeNameExtension([...request.alternativeNames])]
        : []),
    ],
  });
  return { key: await pemOf(keys.privateKey), certificate: certificate.toString('pem') };
}

/** Whether two thirds of a certificate's life are over: the moment to replace it. */
export function isDueForRenewal(certificate: string, nowMs: number): boolean {
  const { notBefore, notAfter } = new x509.X509Certificate(certificate);
  return nowMs - notBefore.getTime() > ((notAfter.getTime() - notBefore.getTime()) * 2) / 3;
}

/** Whether `certificate` carries the authority's signature. */
export async function isSignedBy(certificate: string, authority: string): Promise<boolean> {
  const issuer = new x509.X509Certificate(authority);
  return new x509.X509Certificate(certificate).verify({ publicKey: issuer.publicKey, signatureOnly: true });
}
