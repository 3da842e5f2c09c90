/** More nesting than any real object has; deeper bodies are refused before anything recurses into them. */
export const MAX_DEPTH = 256;

interface Level {
  /** Keys seen so far; undefined inside an array. */
  keys: Set<string> | undefined;
  index: number;
  /** Path of this object or array. */
  path: string;
}

/**
 * Paths of fields that occur twice in one object, which JSON.parse passes over in silence. `text` must be valid JSON:
 * this only follows its structure. Throws RangeError beyond MAX_DEPTH.
 */
export function duplicateFields(text: string): string[] {
  const duplicates: string[] = [];
  const levels: Level[] = [];
  let position = 0;
  let key = '';
  const childPath = (): string => {
    const level = levels.at(-1);
    if (!level) return '';
    if (!level.keys) return `${level.path}[${level.index}]`;
    return level.path === '' ? key : `${level.path}.${key}`;
  };
  while (position < text.length) {
    const character = text[position];
    const level = levels.at(-1);
    if (character === '"') {
      const end = endOfString(text, position);
      if (level?.keys && text[skipSpace(text, end)] === ':') {
        key = JSON.parse(text.slice(position, end)) as string;
        if (level.keys.has(key)) duplicates.push(childPath());
        level.keys.add(key);
        position = skipSpace(text, end) + 1;
      } else position = end;
      continue;
    }
    if (character === '{' || character === '[') {
      if (levels.length === MAX_DEPTH) throw new RangeError('exceeded max depth');
      levels.push({ keys: character === '{' ? new Set() : undefined, index: 0, path: childPath() });
    } else if (character === '}' || character === ']') levels.pop();
    else if (character === ',' && level && !level.keys) level.index += 1;
    position += 1;
  }
  return duplicates;
}

/** The position after the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (position < text.length && text[position] !== '"') position += text[position] === '\\' ? 2 : 1;
  return position + 1;
}

function skipSpace(text: string, start: number): number {
  let position = start;
  while (/\s/.test(text[position] ?? '')) position += 1;
  return position;
}
