import type { Namespace } from '../api/kinds.ts';
import { rowBase } from './row-base.ts';
import type { NamespaceRow } from './rows.ts';

/** A Namespace as a list shows it; the number of its pods comes from elsewhere. */
export function namespaceRow(namespace: Namespace): NamespaceRow {
  const { status } = namespace;
  const terminating = namespace.metadata?.deletionTimestamp !== undefined || status?.phase === 'Terminating';
  const remaining = status?.conditions?.find(
    ({ type, status: held }) => type.startsWith('Namespace') && held === 'True',
  );
  return {
    resource: 'namespaces',
    ...rowBase(namespace),
    state: terminating
      ? {
          kind: 'working',
          word: 'Terminating',
          sentence: remaining?.message ?? 'What is in it is being deleted first.',
        }
      : { kind: 'healthy', word: status?.phase ?? 'Active' },
    podCount: 0,
  };
}
