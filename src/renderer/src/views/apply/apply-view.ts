import { isAlias, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { ApplyResult } from '../../../../shared/live/contract.ts';
import type { StateKind } from '../../../../shared/view/rows.ts';

/** Something wrong at a line of the text, from 1. */
export interface LineProblem {
  line: number;
  message: string;
}

/** Plain words for what the parser says most often; its own for the rest. */
const WORDS: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'A tab stands where YAML wants spaces. Indent with spaces only.',
  DUPLICATE_KEY: 'This key stands here twice; only one may.',
  MISSING_CHAR: 'A bracket, brace or quote is not closed.',
};

/** What is wrong with the text before any server has seen it. */
export function syntaxProblems(text: string): LineProblem[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  const problems = documents.flatMap((document) => {
    const found = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      message: WORDS[error.code] ?? sentence(error.message),
    }));
    // An alias without its anchor is an error only when the document is turned into a value.
    visit(document, {
      Alias: (_key, node) => {
        if (isAlias(node) && !node.resolve(document) && node.range)
          found.push({
            line: lines.linePos(node.range[0]).line,
            message: `*${node.source} refers to an anchor that is not there.`,
          });
      },
    });
    return found;
  });
  return oncePerLine(problems);
}

const sentence = (message: string): string => (message.endsWith('.') ? message : `${message}.`);

/** A slip at one place often makes the parser stumble several times: the first of a line tells. */
function oncePerLine(problems: readonly LineProblem[]): LineProblem[] {
  const seen = new Set<number>();
  return problems.filter(({ line }) => !seen.has(line) && seen.add(line));
}

/** Where the answer's errors belong: at their own line, or at the first line of their document. */
export function resultProblems(results: readonly ApplyResult[]): LineProblem[] {
  return results.flatMap((result) =>
    result.errors.map((error) => ({ line: error.line ?? result.line, message: error.message })),
  );
}

export const OUTCOME_MARK: Record<ApplyResult['outcome'], StateKind> = {
  created: 'healthy',
  configured: 'healthy',
  unchanged: 'unknown',
  failed: 'failing',
};

/** The outcome in words; a dry run says what would be. */
export function outcomeText(outcome: ApplyResult['outcome'], dryRun: boolean): string {
  if (outcome === 'failed' || outcome === 'unchanged') return outcome;
  return dryRun ? `would be ${outcome}` : outcome;
}

/** "3 created, 1 failed" */
export function summaryText(results: readonly ApplyResult[], dryRun: boolean): string {
  const counts = (['created', 'configured', 'unchanged', 'failed'] as const)
    .map((outcome) => [outcome, results.filter((result) => result.outcome === outcome).length] as const)
    .filter(([, count]) => count > 0);
  if (counts.length === 0) return 'There was nothing in it to apply.';
  return counts.map(([outcome, count]) => `${count} ${outcomeText(outcome, dryRun)}`).join(', ');
}

/** Address of what a result is about; undefined for kinds without a page. */
export function hrefOfResult(
  { target, outcome }: Pick<ApplyResult, 'target' | 'outcome'>,
  namespace: string,
  hrefOfReference: (reference: string, namespace: string) => string | undefined,
): string | undefined {
  if (outcome === 'failed') return undefined;
  const [type = '', name = ''] = target.split('/', 2);
  const kind = KIND[type.split('.')[0] ?? ''];
  return kind ? hrefOfReference(`${kind}/${name}`, namespace) : undefined;
}

const KIND: Record<string, string> = {
  pod: 'Pod',
  deployment: 'Deployment',
  replicaset: 'ReplicaSet',
  configmap: 'ConfigMap',
  secret: 'Secret',
  serviceaccount: 'ServiceAccount',
  namespace: 'Namespace',
  node: 'Node',
  machine: 'Machine',
};
