/**
 * Notes a fact in the audit event of a request, e.g. `authorization.k8s.io/decision`. The first value of a key stays, as
 * upstream's AddAuditAnnotation keeps it.
 */
export type Annotate = (key: string, value: string) => void;
