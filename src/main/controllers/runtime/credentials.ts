/** A certificate request, as far as a decision about it needs to know. */
export interface RequestedCertificate {
  commonName: string;
  organizations: readonly string[];
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  emailAddresses: readonly string[];
  uris: readonly string[];
}

/** What controllers have the cluster's authority do for them. They never see a private key. */
export interface Credentials {
  /** PEM: what clients of the API server trust. */
  readonly caCertificate: string;
  /** The token that a Secret of type kubernetes.io/service-account-token holds. */
  accountToken(namespace: string, account: { name: string; uid: string }, secretName: string): Promise<string>;
  /** Reads `spec.request` of a CertificateSigningRequest. Throws an Error that says what is wrong with it. */
  readRequest(request: string): RequestedCertificate;
  /** Signs `spec.request`; PEM. */
  signRequest(wanted: { request: string; usages: readonly string[]; seconds: number }): Promise<string>;
}
