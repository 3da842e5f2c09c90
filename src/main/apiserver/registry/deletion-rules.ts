import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Namespace } from '../../../shared/api/kinds.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { timestamp } from './context.ts';
import type { DeleteOptions } from './request-options.ts';

export const ORPHAN_FINALIZER = 'orphan';
export const FOREGROUND_FINALIZER = 'foregroundDeletion';

export const isNamespaceKind = (kind: KindDefinition): boolean =>
  kind.type.group === '' && kind.type.plural === 'namespaces';

const isPodKind = (kind: KindDefinition): boolean => kind.type.group === '' && kind.type.plural === 'pods';

/** Kinds whose DELETE answers with the object that went, where others answer with a Status (upstream's ReturnDeletedObject). */
export const returnsDeletedObject = (kind: KindDefinition): boolean =>
  isPodKind(kind) || (kind.type.group === '' && kind.type.plural === 'serviceaccounts');

/** A namespace's own finalizers, which stand for its content. */
export const contentFinalizersOf = (kind: KindDefinition, object: KubeObject): readonly string[] =>
  isNamespaceKind(kind) ? ((object as Namespace).spec?.finalizers ?? []) : [];

/** Whether nothing keeps an object that is being deleted any longer. */
export function isReadyToGo(kind: KindDefinition, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata ?? {};
  return (
    deletionTimestamp !== undefined &&
    (finalizers ?? []).length === 0 &&
    (deletionGracePeriodSeconds ?? 0) === 0 &&
    contentFinalizersOf(kind, object).length === 0
  );
}

/** The finalizers a delete with this policy leaves on the object (deletionFinalizersForGarbageCollection). */
export function finalizersFor(current: readonly string[], policy: DeleteOptions['propagationPolicy']): string[] {
  if (policy === undefined) return [...current];
  const others = current.filter((name) => name !== ORPHAN_FINALIZER && name !== FOREGROUND_FINALIZER);
  switch (policy) {
    case 'Orphan':
      return [...others, ORPHAN_FINALIZER];
    case 'Foreground':
      return [...others, FOREGROUND_FINALIZER];
    case 'Background':
      return others;
  }
}

/** What graceful deletion says of a request (rest.BeforeDelete). */
export type Grace =
  /** This kind, or this object, goes without grace. */
  | { type: 'none' }
  /** It is already on its way and the request changes nothing. */
  | { type: 'pending' }
  | { type: 'graceful'; seconds: number; deletionTimestamp: string };

export function graceOf(kind: KindDefinition, object: KubeObject, requested: number | undefined, nowMs: number): Grace {
  const { deletionTimestamp, deletionGracePeriodSeconds: running } = object.metadata ?? {};
  if (deletionTimestamp !== undefined) {
    if (running === undefined) return { type: 'none' };
    // A period that runs can only be made shorter.
    if (requested === undefined || requested >= running) return { type: 'pending' };
    const startedMs = Date.parse(deletionTimestamp) - running * 1000;
    return { type: 'graceful', seconds: requested, deletionTimestamp: timestamp(startedMs + requested * 1000) };
  }
  const seconds = kind.defaultGraceSeconds?.(object, requested);
  if (seconds === undefined) return { type: 'none' };
  return { type: 'graceful', seconds, deletionTimestamp: timestamp(nowMs + seconds * 1000) };
}
