import type { Answer } from '../../api-call.ts';
import { TOKEN_ALGORITHM, type ServiceAccountKeys } from '../../pki/service-account-keys.ts';
import { TOKEN_ISSUER } from './token-issuer.ts';

export const OPENID_CONFIGURATION_PATH = '/.well-known/openid-configuration';
export const JWKS_PATH = '/openid/v1/jwks';

/** OpenID Connect discovery: where a server outside finds what it needs to verify service account tokens by itself. */
export const openIdConfiguration = (serverAddress: string): Answer =>
  json('application/json', {
    issuer: TOKEN_ISSUER,
    jwks_uri: `https://${serverAddress}${JWKS_PATH}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [TOKEN_ALGORITHM],
  });

/** The public keys themselves. */
export const jsonWebKeys = (keys: Pick<ServiceAccountKeys, 'jwks'>): Answer =>
  json('application/jwk-set+json', { keys: keys.jwks });

const json = (contentType: string, value: object): Answer => ({
  type: 'text',
  code: 200,
  contentType,
  text: JSON.stringify(value),
});
