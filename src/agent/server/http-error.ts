/** A refusal with the plain text the API server passes on. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
