import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type YAMLError } from 'yaml';
import { badRequest, messageOf } from '../../../shared/api/errors.ts';
import { MAX_DEPTH } from './duplicate-fields.ts';
import { isTooDeep } from './yaml-depth.ts';

const MAX_ALIASES = 100;

/**
 * Parses one YAML document as Go's sigs.k8s.io/yaml does for kubectl: YAML 1.1 scalars, so that `0644` is octal and
 * `yes` a boolean, but without 1.1's times and base-60 numbers, which that library does not know either.
 * Throws ApiError 400 with the line of the mistake; aliases cannot be used to make a small text large.
 */
export function parseYaml(text: string): { value: unknown; duplicateFields: string[] } {
  if (isTooDeep(text)) throw yamlError(undefined, 'exceeded max depth');
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    merge: true,
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' ||
          (!('format' in tag && tag.format === 'TIME') && !/:(timestamp|set|omap|pairs)$/.test(tag.tag)),
      ),
  });
  const error = document.errors[0];
  if (error) throw yamlError(lines.linePos(error.pos[0]).line, describe(error));
  const duplicates: string[] = [];
  findDuplicates(document, document.contents, '', 0, duplicates);
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, duplicateFields: duplicates };
  } catch (aliasError) {
    if (aliasError instanceof ReferenceError) throw yamlError(undefined, aliasError.message);
    throw aliasError;
  }
}

function yamlError(line: number | undefined, message: string): Error {
  const where = line === undefined ? 'yaml' : `yaml: line ${line}`;
  return badRequest(
    `the object provided is unrecognized: couldn't get version/kind; yaml parse error: error converting YAML to JSON: ${where}: ${message}`,
  );
}

function describe(error: YAMLError): string {
  if (error.code === 'TAB_AS_INDENT') {
    return 'found character that cannot start any token (a tab: YAML is indented with spaces only)';
  }
  if (error.code === 'MULTIPLE_DOCS') return 'more than one document (---) where one object was expected';
  return messageOf(error);
}

/** Walks the syntax tree, where a repeated key is still to be seen. */
function findDuplicates(document: Document, node: unknown, path: string, depth: number, found: string[]): void {
  if (depth > MAX_DEPTH) throw yamlError(undefined, 'exceeded max depth');
  if (isAlias(node) || isScalar(node)) return;
  if (isSeq(node)) {
    node.items.forEach((item, index) => findDuplicates(document, item, `${path}[${index}]`, depth + 1, found));
  } else if (isMap(node)) {
    const seen = new Set<string>();
    for (const pair of node.items) {
      if (isMap(pair.key) || isSeq(pair.key))
        throw yamlError(undefined, 'invalid map key: a list or map cannot be a key');
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      const child = path === '' ? key : `${path}.${key}`;
      if (seen.has(key) && key !== '<<') found.push(child);
      seen.add(key);
      findDuplicates(document, pair.value, child, depth + 1, found);
    }
  }
}
