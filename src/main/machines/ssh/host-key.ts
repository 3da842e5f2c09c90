import { PhaseError } from '../phase-error.ts';
import { fingerprintOf, keyTypeOf, sameFingerprint } from './fingerprint.ts';
import { judgeHostKey, type KnownHostEntry } from './known-hosts.ts';
import type { Address } from './reach.ts';

export interface HostKeyTrust {
  knownHosts: KnownHostEntry[];
  /** The fingerprint the user agreed to (`spec.hostKeySha256`). */
  pinned?: string;
}

export interface AcceptedHostKey {
  fingerprint: string;
  /** A sentence for the condition. */
  message: string;
}

/**
 * Decides about the key a server showed, before anything of ours is sent to it: revoked keys never, then the
 * user's pin, then known_hosts. An unknown key waits for consent; a changed one is refused. Nothing is accepted by itself.
 */
export function verifyHostKey(address: Address, key: Buffer, trust: HostKeyTrust): AcceptedHostKey {
  const fingerprint = fingerprintOf(key);
  const type = keyTypeOf(key);
  const { host, port, role } = address;
  const isJump = role === 'the jump host';
  // The field of the status is for the machine's key: what the user consents to there is written to the machine's spec.
  const facts = isJump ? {} : { observedHostKeySha256: fingerprint };
  const field = isJump ? 'spec.jump.hostKeySha256' : 'spec.hostKeySha256';
  const refuse = (reason: string, message: string): PhaseError =>
    new PhaseError({ phase: 'HostKeyVerified', reason, message, facts });

  const verdict = judgeHostKey(trust.knownHosts, host, port, key);
  if (verdict.kind === 'revoked') {
    throw refuse(
      'HostKeyRevoked',
      `${host} showed ${type} ${fingerprint}, which ${verdict.where} marks as revoked. The connection was closed. Do not use ${role} until you know why.`,
    );
  }
  if (trust.pinned !== undefined) {
    if (sameFingerprint(trust.pinned, fingerprint)) {
      return { fingerprint, message: `${type} ${fingerprint} is the key that was agreed to.` };
    }
    throw refuse('HostKeyChanged', changed(host, role, type, fingerprint, trust.pinned, `remove ${field}`));
  }
  switch (verdict.kind) {
    case 'known':
      return { fingerprint, message: `${type} ${fingerprint} is in ${verdict.where}.` };
    case 'changed':
      throw refuse(
        'HostKeyChanged',
        changed(
          host,
          role,
          type,
          fingerprint,
          verdict.expected,
          `set ${field} to the new one, or correct ${verdict.where}`,
        ),
      );
    case 'unknown': {
      const others = verdict.others.length > 0 ? ` Only its ${verdict.others.join(' and ')} key was known so far.` : '';
      throw refuse(
        'AwaitingConsent',
        `${host} showed a host key that is not known yet: ${type} ${fingerprint}.${others} Compare it with \`ssh-keygen -lf /etc/ssh/ssh_host_${bareType(type)}_key.pub\` on ${role}; if it is the same, set ${field} to it.`,
      );
    }
  }
}

function changed(host: string, role: string, type: string, shown: string, expected: string, how: string): string {
  return (
    `The host key of ${host} has changed: it showed ${type} ${shown}, but ${expected} was expected. ` +
    `Either ${role} was installed anew, or someone is in between. Nothing was sent to it. If you know why it changed, ${how}.`
  );
}

/** `ssh-ed25519` → `ed25519`, `ecdsa-sha2-nistp256` → `ecdsa`: as in the names of sshd's key files. */
function bareType(type: string): string {
  return type.replace(/^ssh-/, '').replace(/-sha2-.*$/, '');
}
