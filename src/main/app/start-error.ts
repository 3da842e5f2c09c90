import type { Endpoint } from './options.ts';

/** Why Wheelhouse cannot start, in a sentence that says what to do. */
export class StartError extends Error {
  /** A port that cannot be listened on. */
  static ofListen(option: string, endpoint: Endpoint, error: NodeJS.ErrnoException): StartError {
    const address = `${endpoint.host}:${endpoint.port}`;
    switch (error.code) {
      case 'EADDRINUSE':
        return new StartError(
          `${option} ${address} is in use, perhaps by another Wheelhouse; stop that, or choose another port with ${option} HOST:PORT`,
        );
      case 'EACCES':
        return new StartError(`${option} ${address}: this account may not listen there; choose a port above 1024`);
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
        return new StartError(`${option} ${address} is not an address of this computer`);
      default:
        return new StartError(`${option} ${address}: ${error.message}`);
    }
  }
}
