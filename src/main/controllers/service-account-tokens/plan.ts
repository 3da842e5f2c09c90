import type { Secret, ServiceAccount } from '../../../shared/api/kinds.ts';

export const TOKEN_TYPE = 'kubernetes.io/service-account-token';
export const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/** What a token Secret needs: nothing, to go with its account, or these fields. */
export type SecretPlan =
  | { kind: 'keep' }
  | { kind: 'delete' }
  | {
      kind: 'fill';
      /** Whether there is none yet. */
      needsToken: boolean;
      annotations: Readonly<Record<string, string>>;
      data: Readonly<Record<string, string>>;
    };

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Whether a Secret says it belongs to this account: by name, and by uid where it says one. */
export function belongsTo(secret: Secret, account: ServiceAccount): boolean {
  const { annotations, namespace } = secret.metadata ?? {};
  const uid = annotations?.[ACCOUNT_UID];
  return (
    secret.type === TOKEN_TYPE &&
    namespace === account.metadata?.namespace &&
    annotations?.[ACCOUNT_NAME] === account.metadata?.name &&
    (uid === undefined || uid === '' || uid === account.metadata?.uid)
  );
}

/** tokens_controller.go generateTokenIfNeeded. `account` is the one the Secret names, when it is there. */
export function planSecret(secret: Secret, account: ServiceAccount | undefined, caCertificate: string): SecretPlan {
  if (!account || !belongsTo(secret, account)) return { kind: 'delete' };
  const wanted = { 'ca.crt': base64(caCertificate), namespace: base64(account.metadata?.namespace ?? '') };
  const data = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => secret.data?.[key] !== value));
  const uid = account.metadata?.uid ?? '';
  const annotations = secret.metadata?.annotations?.[ACCOUNT_UID] === uid ? {} : { [ACCOUNT_UID]: uid };
  const needsToken = !secret.data?.['token'];
  if (!needsToken && Object.keys(data).length === 0 && Object.keys(annotations).length === 0) return { kind: 'keep' };
  return { kind: 'fill', needsToken, annotations, data };
}
