/** Alphabet of generated names: no vowels and no look-alikes (apimachinery util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Maps each character of a decimal hash onto the safe alphabet (rand.SafeEncodeString). */
export function safeEncode(text: string): string {
  return [...text].map((character) => ALPHABET[character.charCodeAt(0) % ALPHABET.length] ?? '').join('');
}

/** 32-bit FNV-1a. */
export function fnv32a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** A random suffix as `generateName` appends; `random` returns a number in [0, 1). */
export function randomSuffix(random: () => number, length = 5): string {
  return Array.from({ length }, () => ALPHABET[Math.floor(random() * ALPHABET.length)] ?? 'b').join('');
}
