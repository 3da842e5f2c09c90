import { conflict, isNotFound } from '../../../shared/api/errors.ts';
import type { ResourceType } from '../../../shared/api/kinds.ts';
import { nameOf, type KubeObject } from '../../../shared/api/meta.ts';
import type { LabelSelector } from '../../../shared/api/selector.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import { controllerReference, planClaims } from './ownership.ts';

interface ClaimTypes<T extends KubeObject> {
  owner: ResourceType;
  child: ResourceType<T>;
}

/**
 * Adopts and releases by selector, and returns what the owner controls afterwards. Before the first adoption the
 * owner is read anew: a cached owner may be deleted, and its successor of the same name has another uid.
 */
export async function claim<T extends KubeObject>(
  client: ApiClient,
  types: ClaimTypes<T>,
  owner: KubeObject,
  selector: LabelSelector | undefined,
  candidates: Iterable<T>,
): Promise<T[]> {
  const claims = planClaims(owner, selector, candidates);
  if (claims.adopt.length > 0) await assertStillThere(client, types.owner, owner);
  const adopted = await Promise.all(claims.adopt.map((child) => adopt(client, types, owner, child)));
  await Promise.all(claims.release.map((child) => release(client, types.child, owner, child)));
  return [...claims.owned, ...adopted.flat()];
}

async function assertStillThere(client: ApiClient, type: ResourceType, owner: KubeObject): Promise<void> {
  const fresh = await client.get(type, nameOf(owner), owner.metadata?.namespace);
  if (fresh.metadata?.uid !== owner.metadata?.uid || fresh.metadata?.deletionTimestamp)
    throw conflict(type, nameOf(owner), 'the owner was deleted or replaced; not adopting for it');
}

async function adopt<T extends KubeObject>(
  client: ApiClient,
  types: ClaimTypes<T>,
  owner: KubeObject,
  child: T,
): Promise<T[]> {
  const { name, namespace, resourceVersion, ownerReferences = [] } = child.metadata ?? {};
  const references = [...structuredClone(ownerReferences), controllerReference(owner, types.owner)];
  const patch = { metadata: { resourceVersion, ownerReferences: references } };
  try {
    return [await client.patch(types.child, { name: name ?? '', namespace }, patch)];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function release(client: ApiClient, type: ResourceType, owner: KubeObject, child: KubeObject): Promise<void> {
  const { name, namespace, resourceVersion, ownerReferences = [] } = child.metadata ?? {};
  const references = structuredClone(ownerReferences).filter((reference) => reference.uid !== owner.metadata?.uid);
  const patch = { metadata: { resourceVersion, ownerReferences: references.length > 0 ? references : null } };
  try {
    await client.patch(type, { name: name ?? '', namespace }, patch);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
