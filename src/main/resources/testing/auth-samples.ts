import type { JsonObject } from '../decode/json-value.ts';

/** For tests: valid objects of authentication.k8s.io and certificates.k8s.io. */

/** A PKCS #10 request of `/O=system:nodes/CN=system:node:n1`, as `spec.request` holds one. */
export const NODE_CLIENT_REQUEST =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIc01JR1NBZ0VBTURBeEZUQVRCZ05WQkFvTURITjVjM1JsYlRwdWIyUmxjekVYTUJVR0ExVUVBd3dPYzNsegpkR1Z0T201dlpHVTZiakV3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVN4NXUvS2RhQXg5RVdnCmNkeDVsdEpiRmNUT1Jta1laT1FWQ2ZCallubTBHRjNwdVhzWkJHaTY2Y0p5QmNjMWIyWFY1NzltOStkQzdhaDYKRkFVUWlGNzNvQUF3Q2dZSUtvWkl6ajBFQXdJRFNRQXdSZ0loQUlybW9VWjY0UjNGVURPa0JSbGN5TjdvSHR1TworK3pzQ2swVTNuMCt3Wko4QWlFQXMycVdCRzE4SFVDbVFGaFMxM2Z4T2dnbEVabk9iR1c0SFRNNHp2ZXFtN1E9Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=';

export const AUTH_SAMPLES: Record<string, JsonObject> = {
  CertificateSigningRequest: {
    metadata: { name: 'n1' },
    spec: {
      request: NODE_CLIENT_REQUEST,
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      expirationSeconds: 86400,
      usages: ['digital signature', 'client auth'],
      username: 'system:node:n1',
      groups: ['system:nodes'],
      extra: { 'example.com/scope': ['a', 'b'] },
    },
    status: {
      conditions: [{ type: 'Approved', status: 'True', reason: 'ByHand', message: 'yes' }],
    },
  },
  TokenReview: {
    metadata: { name: 'review' },
    spec: { token: 'abc', audiences: ['https://kubernetes.default.svc.cluster.local'] },
    status: { authenticated: true, user: { username: 'ada', groups: ['g'], extra: { a: ['b'] } }, audiences: ['x'] },
  },
};
