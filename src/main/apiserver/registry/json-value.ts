/** Plain JSON values: private copies and comparison. */

/** A private, changeable copy. `undefined` members vanish, as they would over the wire. */
export function cloneJson<T>(value: T): T {
  return clone(value) as T;
}

function clone(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : clone(item)));
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    // Assigning to `__proto__` would set the prototype instead of a member.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value: clone(member), enumerable: true, writable: true, configurable: true });
    else copy[key] = clone(member);
  }
  return copy;
}

/** Whether two JSON values are the same; the order of members does not matter, absent and `undefined` are one. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') return false;
  if (Array.isArray(left) || Array.isArray(right))
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => equalJson(item, right[index]))
    );
  const a = left as Record<string, unknown>;
  const b = right as Record<string, unknown>;
  for (const key of Object.keys(a)) if (!equalJson(a[key], b[key])) return false;
  for (const key of Object.keys(b)) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}

/**
 * The value with every part that equals the one at the same place in `old` replaced by it, so that what does not change
 * from one version of an object to the next is in memory once. `old` itself when all is equal. `value` is private and
 * is changed in place.
 */
export function withSharedParts(value: unknown, old: unknown): unknown {
  if (value === old || value === null || old === null || typeof value !== 'object' || typeof old !== 'object')
    return value;
  if (Array.isArray(value) !== Array.isArray(old)) return value;
  const parts = value as Record<string, unknown>;
  const olds = old as Record<string, unknown>;
  let same = true;
  let count = 0;
  for (const key of Object.keys(parts)) {
    const part = parts[key];
    if (part === undefined) continue;
    count += 1;
    const before = Object.hasOwn(olds, key) ? olds[key] : undefined;
    const shared = withSharedParts(part, before);
    if (shared !== before) same = false;
    // What is frozen is shared already.
    else if (shared !== part && !Object.isFrozen(parts)) parts[key] = shared;
  }
  return same && count === Object.keys(olds).length ? old : value;
}

const texts = new WeakMap<object, string>();

/** The JSON text of a stored (frozen) value, made once for as long as the value lives. */
export function jsonOf(value: object): string {
  let text = texts.get(value);
  if (text === undefined) {
    text = JSON.stringify(value);
    texts.set(value, text);
  }
  return text;
}

/** Remembers a text that was already made elsewhere. */
export function rememberJson(value: object, text: string): void {
  texts.set(value, text);
}
