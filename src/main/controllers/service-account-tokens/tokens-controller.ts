import { isConflict, isNotFound } from '../../../shared/api/errors.ts';
import { SECRETS, SERVICE_ACCOUNTS, type Secret, type ServiceAccount } from '../../../shared/api/kinds.ts';
import { keyOf, nameOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { Credentials } from '../runtime/credentials.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { ACCOUNT_NAME, planSecret, TOKEN_TYPE } from './plan.ts';

/**
 * Fills Secrets of type kubernetes.io/service-account-token with token, authority and namespace, and deletes them with
 * their account (upstream's TokensController). Keys are of Secrets.
 */
export function tokensController(deps: ControllerDeps, credentials: Credentials): RunningController {
  const { client } = deps;
  const secrets = deps.informers.of(SECRETS);
  const accounts = deps.informers.of(SERVICE_ACCOUNTS);

  async function reconcile(key: string): Promise<undefined> {
    const secret = secrets.get(key);
    if (secret?.type !== TOKEN_TYPE || secret.metadata?.deletionTimestamp) return;
    const { namespace = '', uid = '', annotations } = secret.metadata ?? {};
    const account = await accountOf(namespace, annotations?.[ACCOUNT_NAME] ?? '');
    const plan = planSecret(secret, account, credentials.caCertificate);
    switch (plan.kind) {
      case 'keep':
        return;
      case 'delete':
        return remove(secret, uid);
      case 'fill': {
        const token = plan.needsToken && account ? { token: await tokenOf(account, secret) } : {};
        await client.patch(
          SECRETS,
          { name: nameOf(secret), namespace },
          {
            metadata: { resourceVersion: secret.metadata?.resourceVersion, annotations: plan.annotations },
            data: { ...plan.data, ...token },
          },
        );
      }
    }
  }

  /** The server is asked before an account counts as gone: its Secrets would go too. */
  async function accountOf(namespace: string, name: string): Promise<ServiceAccount | undefined> {
    try {
      return accounts.get(`${namespace}/${name}`) ?? (await client.get(SERVICE_ACCOUNTS, name, namespace));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function tokenOf(account: ServiceAccount, secret: Secret): Promise<string> {
    const { namespace = '', name = '', uid = '' } = account.metadata ?? {};
    const token = await credentials.accountToken(namespace, { name, uid }, nameOf(secret));
    return Buffer.from(token).toString('base64');
  }

  async function remove(secret: Secret, uid: string): Promise<undefined> {
    try {
      await client.delete(SECRETS, { name: nameOf(secret), namespace: secret.metadata?.namespace }, { uid });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** All token Secrets that name this account. */
  const secretsOf = (account: ServiceAccount): string[] =>
    secrets
      .list()
      .filter(
        ({ type, metadata }) =>
          type === TOKEN_TYPE &&
          metadata?.namespace === account.metadata?.namespace &&
          metadata?.annotations?.[ACCOUNT_NAME] === account.metadata?.name,
      )
      .map(keyOf);

  return new Controller(deps, { name: 'serviceaccount-token', reconcile })
    .watch(secrets, ({ type, object }) => (object.type === TOKEN_TYPE && type !== 'deleted' ? [keyOf(object)] : []))
    .watch(accounts, ({ type, object }) => (type === 'updated' ? [] : secretsOf(object)));
}
