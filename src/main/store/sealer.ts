/** Encrypts chosen values on their way to disk. Memory holds them as they are; no file does. */
export interface ValueSealer {
  /** Whether values under this key are to be sealed. */
  protects(key: string): boolean;
  seal(key: string, text: Buffer): Buffer;
  /** Throws when the bytes were not sealed for this key with this installation's key. */
  open(key: string, sealed: Buffer): Buffer;
  /** Whether these bytes, which can be opened, were sealed with a key that is on its way out. */
  isStale?(key: string, sealed: Buffer): boolean;
}
