import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { cryptoProvider, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

export interface CertificatePair {
  /** PEM. */
  certificate: string;
  key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEARS = 10;

cryptoProvider.set(webcrypto as never);

/** What HTTPS is answered with for hosts that have no certificate of their own: nobody trusts it, and nobody should. */
export async function selfSignedCertificate(host: string, now: Date): Promise<CertificatePair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  // A machine's clock may be behind.
  const notBefore = new Date(now.getTime() - 3_600_000);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString('hex'),
    name: `CN=${host}`,
    notBefore,
    notAfter: new Date(notBefore.getTime() + YEARS * 365 * 86_400_000),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
  });
  const key = createPrivateKey({
    key: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

/**
 * Certificate and key of a kubernetes.io/tls Secret as the one file nginx reads. Throws a sentence when they are
 * missing, unreadable, or do not belong together: nginx would refuse to start over it.
 */
export function pemOf(data: Readonly<Record<string, string>> = {}): string {
  const text = (name: string): string => {
    const value = Buffer.from(data[name] ?? '', 'base64').toString();
    if (value === '') throw new Error(`it has no ${name}`);
    return value;
  };
  const [chain, key] = [text('tls.crt'), text('tls.key')];
  const leaf = parse('tls.crt is no certificate', () => new X509Certificate(chain));
  const secret = parse('tls.key is no private key', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(secret)) throw new Error('tls.key does not belong to tls.crt');
  return `${chain.trimEnd()}\n${key.trimEnd()}\n`;
}

function parse<T>(complaint: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(complaint, { cause: error });
  }
}
