import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import { formatSelector } from '../../../../shared/api/selector.ts';
import type { KindCatalog } from '../../../resources/catalog.ts';
import type { KindDefinition } from '../../../resources/definition.ts';
import type { Storage } from '../../../store/storage.ts';
import { asObject } from '../../registry/as-object.ts';
import { keyFor, prefixOf } from '../../registry/keys.ts';
import { selectionOf } from '../../registry/selection.ts';
import { servedValue } from '../../registry/stored-version.ts';

type ParamKind = NonNullable<NonNullable<ValidatingAdmissionPolicy['spec']>['paramKind']>;
type ParamRef = NonNullable<NonNullable<ValidatingAdmissionPolicyBinding['spec']>['paramRef']>;

/** A policy or binding that cannot be used as it is written; the message is upstream's. */
export class Misconfigured extends Error {}

/** The kind of a policy's parameters. Throws Misconfigured for one that is not served. */
export function paramKindOf(catalog: KindCatalog, { apiVersion = '', kind = '' }: ParamKind): KindDefinition {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const found = catalog.findByGvk(group, version, kind);
  if (!found || found.virtual)
    throw new Misconfigured(
      `failed to find resource referenced by paramKind: '${group === '' ? '' : `${group}/`}${version}, Kind=${kind}'`,
    );
  return found;
}

/**
 * The parameters that a binding names (policy/generic CollectParams): `[undefined]` when it names none, an empty list when
 * there are none and that is allowed. Throws Misconfigured.
 */
export async function collectParams(
  storage: Storage,
  kind: KindDefinition | undefined,
  reference: ParamRef | undefined,
  requestNamespace: string,
): Promise<(KubeObject | undefined)[]> {
  // Without a reference the expressions see null.
  if (!kind || !reference) return [undefined];
  const namespace = namespaceOf(kind, reference, requestNamespace);
  const found = await find(storage, kind, reference, namespace);
  if (found.length > 0) return found;
  if (reference.parameterNotFoundAction === 'Allow') return [];
  throw new Misconfigured('no params found for policy binding with `Deny` parameterNotFoundAction');
}

function namespaceOf(kind: KindDefinition, { namespace }: ParamRef, requestNamespace: string): string {
  if (!kind.type.namespaced) {
    if (namespace)
      throw new Misconfigured('cannot use namespaced paramRef with policy that uses cluster-scoped paramKind');
    return '';
  }
  const chosen = namespace || requestNamespace;
  if (chosen === '')
    throw new Misconfigured('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  return chosen;
}

async function find(
  storage: Storage,
  kind: KindDefinition,
  { name, selector }: ParamRef,
  namespace: string,
): Promise<KubeObject[]> {
  if (name) {
    const stored = await storage.get(keyFor(kind, namespace, name));
    return stored ? [asObject(servedValue(kind, stored.value))] : [];
  }
  if (!selector) throw new Misconfigured('one of name or selector must be provided');
  const selection = selectionOf(kind, new URLSearchParams({ labelSelector: formatSelector(selector) }));
  const { items } = await storage.list({ prefix: prefixOf(kind, namespace) });
  return items.filter(({ value }) => selection.matches(value)).map(({ value }) => asObject(servedValue(kind, value)));
}
