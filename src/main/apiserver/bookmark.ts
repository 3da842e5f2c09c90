import { apiVersionOf } from '../../shared/api/kinds.ts';
import type { KubeObject } from '../../shared/api/meta.ts';
import type { KindDefinition } from '../resources/definition.ts';

/** An object of a kind that says only how far a watch has come. */
export function bookmarkOf(kind: KindDefinition, revision: number, initialEventsEnd: boolean): KubeObject {
  return {
    kind: kind.type.kind,
    apiVersion: apiVersionOf(kind.type),
    metadata: {
      resourceVersion: String(revision),
      ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  };
}
