/** The pod's own configuration is at fault (a missing ConfigMap, key or field); the message is upstream's. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
