import type { Status } from '../../../shared/api/meta.ts';

export type AuditLevel = 'Metadata' | 'Request';
export type AuditStage = 'ResponseStarted' | 'ResponseComplete';

export interface AuditUser {
  username: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a request was about (audit.k8s.io ObjectReference); empty parts are absent. */
export interface AuditObjectRef {
  resource?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiGroup?: string;
  apiVersion?: string;
  subresource?: string;
}

/** A line of the audit log: an audit.k8s.io/v1 Event. Times are RFC 3339 with microseconds. */
export interface AuditEvent {
  kind: 'Event';
  apiVersion: 'audit.k8s.io/v1';
  level: AuditLevel;
  auditID: string;
  stage: AuditStage;
  requestURI: string;
  verb: string;
  user: AuditUser;
  impersonatedUser?: AuditUser;
  sourceIPs?: readonly string[];
  userAgent?: string;
  objectRef?: AuditObjectRef;
  responseStatus: Pick<Status, 'code' | 'message' | 'reason' | 'status' | 'details'> & { metadata: object };
  requestObject?: unknown;
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Readonly<Record<string, string>>;
}

/** RFC 3339 as metav1.MicroTime prints it; our clock has milliseconds. */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
