import { isJsonObject, type JsonObject } from '../decode/json-value.ts';

/** A key of a keyed list, and what an item that does not say it is taken to have there. */
export interface ListKey {
  name: string;
  default?: unknown;
}

export const fieldElement = (name: string): string => `f:${name}`;

/** `k:{"containerPort":80,"protocol":"TCP"}`: keys sorted by name. Undefined when the item lacks one that has no default. */
export function keyElement(item: unknown, keys: readonly ListKey[]): string | undefined {
  if (!isJsonObject(item)) return undefined;
  let text = '';
  for (const { name, default: fallback } of keys) {
    const value = item[name] ?? fallback;
    if (value === undefined || typeof value === 'object') return undefined;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return `k:{${text}}`;
}

/** `v:"text"`. Undefined for what is no scalar. */
export function valueElement(item: unknown): string | undefined {
  return item === null || typeof item === 'object' ? undefined : `v:${JSON.stringify(item)}`;
}

/** An element as structured-merge-diff prints it: `.name`, `[name="web"]`, `[="value"]`, `[3]`. */
function printElement(element: string): string {
  const rest = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'f:':
      return `.${rest}`;
    case 'k:': {
      const keys = JSON.parse(rest) as JsonObject;
      return `[${Object.entries(keys)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`;
    }
    case 'v:':
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}

/** `.spec.template.spec.containers[name="web"].image`, as conflicts name fields. */
export const printPath = (elements: readonly string[]): string => elements.map(printElement).join('');
