import { expect, test } from 'vitest';
import { ephemeralSecretViolation } from './mountable-secrets.ts';

// CVE-2023-2728: containers added to a running pod went unchecked.
test('a container added later uses no other Secrets than the account lists', () => {
  const account = { metadata: { name: 'strict' }, secrets: [{ name: 'listed' }] };
  const violation = (container: object): string | undefined =>
    ephemeralSecretViolation(account, {
      spec: { containers: [], ephemeralContainers: [{ name: 'debug', ...container }] },
    });
  const because = 'is not allowed because service account strict does not reference that secret';
  expect(violation({ envFrom: [{ secretRef: { name: 'other' } }] })).toBe(
    `ephemeral container debug with envFrom referencing secret.secretName="other" ${because}`,
  );
  expect(violation({ env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }] })).toBe(
    `ephemeral container debug with envVar X referencing secret.secretName="other" ${because}`,
  );
  expect(violation({ envFrom: [{ secretRef: { name: 'listed' } }] })).toBeUndefined();
});
