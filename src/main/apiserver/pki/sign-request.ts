import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { parseCertificateRequest } from '../../resources/certificates/certificate-request.ts';
import { authoritySigningKey, SIGNING_ALGORITHM, type KeyPair } from './certificates.ts';

/** What a signer of the certificates API is asked for. */
export interface SigningRequest {
  /** `spec.request`: base64 of a PEM PKCS #10 request. */
  request: string;
  /** `spec.usages` */
  usages: readonly string[];
  seconds: number;
}

const BACKDATE_MS = 5 * 60_000;
/** A shorter life than this is not shortened further by the backdating. */
const SHORT_MS = 8 * 3_600_000;

const { KeyUsageFlags: Flag, ExtendedKeyUsage: Purpose } = x509;

/** Usages of certificates.k8s.io as key usage flags (pkg/apis/certificates/v1 and crypto/x509). */
const FLAGS: Readonly<Record<string, x509.KeyUsageFlags>> = {
  signing: Flag.digitalSignature,
  'digital signature': Flag.digitalSignature,
  'content commitment': Flag.nonRepudiation,
  'key encipherment': Flag.keyEncipherment,
  'key agreement': Flag.keyAgreement,
  'data encipherment': Flag.dataEncipherment,
  'cert sign': Flag.keyCertSign,
  'crl sign': Flag.cRLSign,
  'encipher only': Flag.encipherOnly,
  'decipher only': Flag.decipherOnly,
};
const PURPOSES: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': Purpose.serverAuth,
  'client auth': Purpose.clientAuth,
  'code signing': Purpose.codeSigning,
  'email protection': Purpose.emailProtection,
  's/mime': Purpose.emailProtection,
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: Purpose.timeStamping,
  'ocsp signing': Purpose.ocspSigning,
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

/**
 * Signs a request as it is: its subject, its alternative names, its key (upstream's PermissiveSigningPolicy). Whether it
 * should be signed was decided before. Never outlives the authority. Returns PEM.
 */
export async function signRequest(authority: KeyPair, wanted: SigningRequest, nowMs: number): Promise<string> {
  const request = new x509.Pkcs10CertificateRequest(parseCertificateRequest(wanted.request).der);
  const issuer = new x509.X509Certificate(authority.certificate);
  const lifeMs = wanted.seconds * 1000;
  const endMs = nowMs + lifeMs - (lifeMs < SHORT_MS ? 0 : BACKDATE_MS);
  const flags = wanted.usages.reduce((all, usage) => all | (FLAGS[usage] ?? 0), 0);
  const purposes = wanted.usages.flatMap((usage) => PURPOSES[usage] ?? []);
  const names = request.extensions.filter((extension) => extension instanceof x509.SubjectAlternativeNameExtension);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: request.subjectName,
    issuer: issuer.subjectName,
    publicKey: request.publicKey,
    signingKey: await authoritySigningKey(authority),
    signingAlgorithm: SIGNING_ALGORITHM,
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString('hex'),
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(Math.min(endMs, issuer.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
      ...(purposes.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(purposes)]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...names,
    ],
  });
  return certificate.toString('pem');
}
