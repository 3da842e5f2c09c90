import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { WIREGUARD_PORT, type OverlayPlan } from './plan.ts';

/** The machine's key for other machines; both halves base64, as `wg` takes them. */
export interface WireguardKey {
  privateKey: string;
  publicKey: string;
}

/** The last 32 bytes of either DER form are the key itself. */
const raw = (der: Buffer): string => der.subarray(-32).toString('base64');
/** The PKCS#8 header of an X25519 private key. */
const PKCS8_HEADER = Buffer.from('302e020100300506032b656e04220420', 'hex');

export function newWireguardKey(): WireguardKey {
  const { privateKey } = generateKeyPairSync('x25519');
  return wireguardKey(raw(privateKey.export({ format: 'der', type: 'pkcs8' })));
}

/** The pair of a private key read back from disk. Throws on what is no key. */
export function wireguardKey(privateKey: string): WireguardKey {
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_HEADER, Buffer.from(privateKey, 'base64')]),
    format: 'der',
    type: 'pkcs8',
  });
  return { privateKey, publicKey: raw(createPublicKey(key).export({ format: 'der', type: 'spki' })) };
}

/**
 * The text for `wg syncconf`, which changes only what differs and keeps sessions. A machine behind an address
 * translator keeps its way open by a packet every 25 seconds.
 */
export function wireguardConfig(key: WireguardKey, peers: NonNullable<OverlayPlan['wireguard']>['peers']): string {
  const sections = peers.map(
    ({ wireguardKey: publicKey, address, podCidr }) =>
      `[Peer]\nPublicKey = ${publicKey}\nEndpoint = ${address}:${WIREGUARD_PORT}\nAllowedIPs = ${podCidr}\nPersistentKeepalive = 25\n`,
  );
  return [`[Interface]\nPrivateKey = ${key.privateKey}\nListenPort = ${WIREGUARD_PORT}\n`, ...sections].join('\n');
}
