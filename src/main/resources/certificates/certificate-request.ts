import 'reflect-metadata';
import { createPublicKey, verify } from 'node:crypto';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509';

/** A PKCS #10 request as signers and approvers look at it. */
export interface CertificateRequest {
  commonName: string;
  organizations: readonly string[];
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  emailAddresses: readonly string[];
  uris: readonly string[];
  /** The whole of it, DER. */
  der: Uint8Array<ArrayBuffer>;
}

const PEM = /-----BEGIN ([^-]+)-----([\s\S]*?)-----END \1-----/;

/**
 * Reads `spec.request` of a CertificateSigningRequest (base64 of PEM). Throws an Error that says what is wrong with it;
 * whether its signature is good is not looked at.
 */
export function parseCertificateRequest(request: string): CertificateRequest {
  const [, type, body = ''] = PEM.exec(Buffer.from(request, 'base64').toString('latin1')) ?? [];
  if (type !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const der = new Uint8Array(Buffer.from(body, 'base64'));
  const parsed = new Pkcs10CertificateRequest(der);
  const names = parsed.extensions.flatMap((extension) =>
    extension instanceof SubjectAlternativeNameExtension ? extension.names.items : [],
  );
  const ofType = (wanted: string): string[] => names.flatMap((name) => (name.type === wanted ? [name.value] : []));
  return {
    commonName: parsed.subjectName.getField('CN').at(-1) ?? '',
    organizations: parsed.subjectName.getField('O'),
    dnsNames: ofType('dns'),
    ipAddresses: ofType('ip'),
    emailAddresses: ofType('email'),
    uris: ofType('url'),
    der,
  };
}

/** Whether whoever made the request has the key it names. Throws when the key or algorithm is none that is known. */
export function hasGoodSignature({ der }: CertificateRequest): boolean {
  const request = new Pkcs10CertificateRequest(der);
  const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
  const algorithm = request.signatureAlgorithm as { name: string; hash?: { name: string } };
  const digest = key.asymmetricKeyType === 'ed25519' ? null : (algorithm.hash?.name ?? 'SHA-256').replace('-', '');
  const [signed, , signature] = partsOf(der);
  if (!signed || !signature) throw new Error('asn1: structure error');
  // The first byte of a bit string counts its unused bits.
  return verify(digest, signed.whole, key, signature.content.subarray(1));
}

interface Part {
  whole: Buffer;
  content: Buffer;
}

/** The members of a DER sequence. */
function partsOf(der: Uint8Array): Part[] {
  const outer = partAt(Buffer.from(der), 0);
  const parts: Part[] = [];
  for (let at = 0; at < outer.content.length;) {
    const part = partAt(outer.content, at);
    parts.push(part);
    at += part.whole.length;
  }
  return parts;
}

function partAt(bytes: Buffer, start: number): Part {
  const first = bytes[start + 1] ?? 0;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(start + 2, lengthBytes);
  const from = start + 2 + lengthBytes;
  return { whole: bytes.subarray(start, from + length), content: bytes.subarray(from, from + length) };
}
