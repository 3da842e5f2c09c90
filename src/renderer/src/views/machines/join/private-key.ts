/** What a pasted text is, as far as signing in is concerned. */
export type KeyText =
  { kind: 'empty' } | { kind: 'key'; encrypted: boolean } | { kind: 'public' } | { kind: 'unknown' };

/** Looks at a pasted or dropped key, before it is sent: a public key or a wrong file is told at once, a passphrase asked for. */
export function recogniseKey(text: string): KeyText {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'empty' };
  if (/^(ssh-|ecdsa-|sk-)\S+ AAAA/.test(trimmed) || trimmed.includes('BEGIN SSH2 PUBLIC KEY'))
    return { kind: 'public' };
  const putty = /^PuTTY-User-Key-File-\d/.test(trimmed);
  if (putty) return { kind: 'key', encrypted: !/^Encryption: none$/m.test(trimmed) };
  const pem = /-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----([\s\S]*?)-----END/.exec(trimmed);
  if (!pem) return { kind: 'unknown' };
  const [, label = '', body = ''] = pem;
  if (label.startsWith('OPENSSH')) return { kind: 'key', encrypted: isOpenSshEncrypted(body) };
  return { kind: 'key', encrypted: label.startsWith('ENCRYPTED') || body.includes('Proc-Type: 4,ENCRYPTED') };
}

/** OpenSSH's own form (PROTOCOL.key): the name of the cipher stands after the magic word, with its length before it. */
function isOpenSshEncrypted(body: string): boolean {
  const magic = 'openssh-key-v1\0';
  let bytes: string;
  try {
    bytes = atob(body.replace(/\s/g, ''));
  } catch {
    // Cut or garbled while pasting: the machine controller says so with the reason.
    return false;
  }
  const length = bytes.charCodeAt(magic.length + 3);
  return bytes.startsWith(magic) && bytes.slice(magic.length + 4, magic.length + 4 + length) !== 'none';
}
