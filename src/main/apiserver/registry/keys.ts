import type { KindDefinition } from '../../resources/definition.ts';

/** `/GROUP/PLURAL/`, with a namespace `/GROUP/PLURAL/NAMESPACE/`: all objects of a kind, or those in one namespace. */
export function prefixOf(kind: KindDefinition, namespace: string): string {
  const { group, plural } = kind.storedAs ?? kind.type;
  const root = `/${group === '' ? 'core' : group}/${plural}/`;
  return kind.type.namespaced && namespace !== '' ? `${root}${namespace}/` : root;
}

/** The store key of one object. */
export function keyFor(kind: KindDefinition, namespace: string, name: string): string {
  return prefixOf(kind, namespace) + name;
}
