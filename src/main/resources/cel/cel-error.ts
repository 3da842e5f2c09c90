import { EvaluationError, ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';

/** Why an expression could not be compiled or evaluated; returned, not thrown. */
export class CelError extends Error {
  constructor(
    /** `cost` when the expression took more than it may; `compile` and `evaluate` say when it failed otherwise. */
    readonly type: 'compile' | 'evaluate' | 'cost',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** cel-go's words for what it refuses at run time; thrown inside, and what functions of the libraries throw. */
export class CelFailure extends Error {}

type LibraryError = ParseError | CelTypeError | EvaluationError;
const isLibraryError = (error: unknown): error is LibraryError =>
  error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError;

/** Names that were changed inside (`instrument.ts`) are not the author's. */
const plain = (text: string): string => text.replaceAll(/(\w)!(?=\()/g, '$1');

/** Line and column, both from 1 and 0 as cel-go counts them, of an offset. */
function placeOf(expression: string, offset: number): { line: number; column: number; text: string } {
  const before = expression.slice(0, offset).split('\n');
  const text = expression.split('\n')[before.length - 1] ?? '';
  return { line: before.length, column: before.at(-1)?.length ?? 0, text };
}

/** What a parser or type checker error is called by cel-go. */
function compileMessage(error: LibraryError): string {
  const text = plain(error.summary);
  switch (error.code) {
    case 'unknown_variable':
      return `undeclared reference to '${text.replace(/^Unknown variable: /, '')}' (in container '')`;
    case 'no_such_key':
      return `undefined field '${text.replace(/^No such key: /, '')}'`;
    case 'no_such_overload':
      return text.replace(
        /^no such overload: (.+) (\S+) (.+)$/,
        "found no matching overload for '_$2_' applied to '($1, $3)'",
      );
    case 'unexpected_token':
    case 'expected_token':
    case 'unexpected_character':
      return `Syntax error: ${text}`;
    default:
      return text;
  }
}

/** `compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b\n | ....^`, as cel-go shows it. */
export function compileError(expression: string, error: unknown): CelError {
  if (!isLibraryError(error))
    return new CelError('compile', `compilation failed: ${tooComplex(error)}`, { cause: error });
  const { line, column, text } = placeOf(expression, error.range?.start ?? 0);
  const dots = '.'.repeat(column);
  return new CelError(
    'compile',
    `compilation failed: ERROR: <input>:${line}:${column + 1}: ${compileMessage(error)}\n | ${text}\n | ${dots}^`,
  );
}

/** cel-go's run-time errors: `no such key: x`, `index out of bounds: 3`, `division by zero`. */
export function evaluationError(error: unknown): CelError {
  if (error instanceof CelError) return error;
  if (error instanceof CelFailure) return new CelError('evaluate', error.message);
  if (!isLibraryError(error)) return new CelError('evaluate', tooComplex(error), { cause: error });
  const text = plain(error.summary);
  switch (error.code) {
    case 'no_such_key':
      return new CelError('evaluate', text.replace(/^No such key/, 'no such key'));
    case 'index_out_of_bounds':
      return new CelError('evaluate', text.replace(/^.*index (-?\d+) .*$/s, 'index out of bounds: $1'));
    case 'no_matching_overload':
      return new CelError('evaluate', text.replace(/^found no matching overload for '(.*)'$/, 'no such overload: $1'));
    case 'modulo_by_zero':
      return new CelError('evaluate', 'modulus by zero');
    case 'numeric_overflow':
      return new CelError('evaluate', text.replace(/: -?\d+$/, ''));
    default:
      return new CelError('evaluate', text);
  }
}

const tooComplex = (error: unknown): string =>
  error instanceof RangeError
    ? 'the expression is too complex'
    : error instanceof Error
      ? error.message
      : String(error);
