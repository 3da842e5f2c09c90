import { isNode, LineCounter, parseDocument } from 'yaml';

/** Something wrong with YAML text, at a line from 1. */
export interface YamlProblem {
  line: number;
  message: string;
}

/** What makes the text no YAML document, or no object. Of syntax errors the first: the others follow from it. */
export function syntaxProblems(text: string): YamlProblem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error) return [{ line: lines.linePos(error.pos[0]).line, message: error.message }];
  const value: unknown = document.toJS();
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? []
    : [{ line: 1, message: 'An object is expected here, with apiVersion, kind and metadata.' }];
}

/** The line of a field such as `spec.template.spec.containers[0].image`, or of its nearest ancestor that the text has. */
export function lineOfField(text: string, field: string): number {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const path = [...field.matchAll(/([^.[\]]+)/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
