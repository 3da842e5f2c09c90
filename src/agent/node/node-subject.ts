import type { Subject } from '../events/event-journal.ts';

/** The node as the subject of an event. */
export const nodeSubject = (name: string): Subject => ({
  apiVersion: 'v1',
  kind: 'Node',
  // Upstream's kubelet names itself, not an object, in its own events.
  metadata: { name, uid: name },
});
