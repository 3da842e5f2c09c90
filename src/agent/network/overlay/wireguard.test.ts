import { expect, test } from 'vitest';
import { newWireguardKey, wireguardConfig, wireguardKey } from './wireguard.ts';

test('the public half is that of RFC 7748, section 6.1', () => {
  const hex = (text: string): string => Buffer.from(text, 'hex').toString('base64');
  expect(wireguardKey(hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')).publicKey).toBe(
    hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'),
  );
});

test('a key read back is the same pair, and no two are alike', () => {
  const key = newWireguardKey();
  expect(wireguardKey(key.privateKey)).toEqual(key);
  expect(newWireguardKey().privateKey).not.toBe(key.privateKey);
  expect(Buffer.from(key.publicKey, 'base64')).toHaveLength(32);
});

test('the configuration lets each peer in with its own pods only', () => {
  const key = { privateKey: 'mine', publicKey: 'known' };
  const peer = { name: 'b', address: '192.0.2.2', podCidr: '10.244.1.0/24', wireguardKey: 'theirs' };
  expect(wireguardConfig(key, [peer])).toBe(
    [
      '[Interface]',
      'PrivateKey = mine',
      'ListenPort = 51820',
      '',
      '[Peer]',
      'PublicKey = theirs',
      'Endpoint = 192.0.2.2:51820',
      'AllowedIPs = 10.244.1.0/24',
      'PersistentKeepalive = 25',
      '',
    ].join('\n'),
  );
});
