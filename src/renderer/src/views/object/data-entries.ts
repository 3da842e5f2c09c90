import type { ConfigMap, Secret } from '../../../../shared/api/kinds.ts';

/** One key of a ConfigMap or Secret. */
export interface DataEntry {
  key: string;
  /** Null when it is no text. */
  text: string | null;
  bytes: number;
}

function decode(base64: string): Omit<DataEntry, 'key'> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bytes: bytes.length };
  } catch {
    // Not UTF-8: a key store or an image; its size is all there is to show.
    return { text: null, bytes: bytes.length };
  }
}

/** Keys in order, values decoded. Secrets and `binaryData` travel as base64, the `data` of ConfigMaps as text. */
export function entriesOf(object: ConfigMap | Secret): DataEntry[] {
  const isSecret = object.kind === 'Secret';
  const encoder = new TextEncoder();
  const plain = isSecret ? {} : (object.data ?? {});
  const encoded = isSecret ? (object.data ?? {}) : ((object as ConfigMap).binaryData ?? {});
  return [
    ...Object.entries(plain).map(([key, text]) => ({ key, text, bytes: encoder.encode(text).length })),
    ...Object.entries(encoded).map(([key, value]) => ({ key, ...decode(value) })),
  ].sort((a, b) => a.key.localeCompare(b.key));
}
