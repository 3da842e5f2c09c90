import { copyJson, getOwn, isJsonObject, setOwn, type JsonObject } from '../decode/json-value.ts';

/** JSON merge patch (RFC 7386): objects merge, `null` removes, anything else replaces. Neither argument is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return copyJson(patch);
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else setOwn(result, key, mergePatch(getOwn(result, key), value));
  }
  return result;
}
