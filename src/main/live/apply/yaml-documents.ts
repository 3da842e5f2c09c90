import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type YAMLError } from 'yaml';
import { parseFieldPath, type PathStep } from './field-path.ts';

/** One document of a YAML text, with the way back from its fields to lines. */
export interface YamlDocument {
  /** From 0, over all documents, empty ones too. */
  index: number;
  /** The line of its first content, from 1. */
  line: number;
  value: unknown;
  /** Why it cannot be read; `value` is then undefined. */
  errors: { message: string; line: number }[];
  /** The line of a field as the API names it, or of the nearest part that is there. */
  lineOf(field: string): number;
}

/** An alias may stand for a large part many times over: a short text must not become a huge one. */
const MAX_ALIASES = 100;

/**
 * Splits and parses a text as kubectl does: YAML 1.1 scalars without times and base-60 numbers, merge keys, and
 * documents without content left out.
 */
export function parseYamlDocuments(text: string): YamlDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: '1.1',
    merge: true,
    lineCounter: lines,
    prettyErrors: false,
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' ||
          (!('format' in tag && tag.format === 'TIME') && !/:(timestamp|set|omap|pairs)$/.test(tag.tag)),
      ),
  });
  if (!Array.isArray(documents)) return [];
  const lineAt = (offset: number | undefined): number => (offset === undefined ? 1 : lines.linePos(offset).line || 1);
  return documents.flatMap((document, index): YamlDocument[] => {
    const line = lineAt(document.contents?.range?.[0] ?? document.range?.[0]);
    const errors = document.errors.map((error) => ({ message: describe(error), line: lineAt(error.pos[0]) }));
    if (errors.length === 0 && (document.contents === null || valueOf(document) === null)) return [];
    return [{ index, line, ...read(document, errors, line), lineOf: (field) => lineIn(document, field, lineAt, line) }];
  });
}

function read(
  document: Document,
  errors: YamlDocument['errors'],
  line: number,
): Pick<YamlDocument, 'value' | 'errors'> {
  if (errors.length > 0) return { value: undefined, errors: errors.slice(0, 10) };
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, errors };
  } catch (error) {
    // `yaml` refuses aliases without an anchor, and too many of them, with a ReferenceError.
    if (error instanceof ReferenceError) return { value: undefined, errors: [{ message: error.message, line }] };
    throw error;
  }
}

const valueOf = ({ contents }: Document): unknown => (isScalar(contents) ? contents.value : contents);

function describe(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'a tab is used for indentation: YAML is indented with spaces only';
    case 'BAD_INDENT':
      return 'the indentation does not fit the lines above';
    case 'DUPLICATE_KEY':
      return 'this key stands twice in the same map';
    default:
      return error.message;
  }
}

function lineIn(document: Document, field: string, lineAt: (offset?: number) => number, otherwise: number): number {
  let node: unknown = document.contents;
  let line = otherwise;
  for (const step of parseFieldPath(field)) {
    const next = child(node, step);
    if (!next) break;
    line = lineAt(next.offset);
    node = next.value;
  }
  return line;
}

/** The value one step further, and where its key (or, in a list, the item itself) stands. */
function child(node: unknown, step: PathStep): { value: unknown; offset: number | undefined } | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step] as { range?: [number, number, number] | null } | undefined;
    return item && { value: item, offset: item.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair && { value: pair.value, offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined };
}
