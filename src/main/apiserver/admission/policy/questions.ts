import type { AuthorizationAnswer, AuthorizationQuestion } from '../../../resources/cel/library/authorizer.ts';
import { answered, AuthorizerValue } from '../../../resources/cel/library/authorizer.ts';
import { CelError } from '../../../resources/cel/cel-error.ts';
import type { Program } from '../../../resources/cel/environment.ts';
import { Meter, TOTAL_BUDGET } from '../../../resources/cel/meter.ts';
import type { Authorizer } from '../../auth/authorizer.ts';
import type { UserInfo } from '../../auth/user.ts';
import type { AdmissionRequest } from '../chain.ts';
import type { RequestValues } from './request-values.ts';

export type ExpressionValues = RequestValues & {
  namespaceObject: unknown;
  params?: unknown;
  variables?: object;
};

/**
 * Evaluates the expressions about one request: the authorizer's answers are shared between them, and so is what they
 * may cost together.
 */
export class Evaluation {
  readonly #authorizer: AuthorizerValue;
  #spent = 0;

  constructor(
    private readonly asked: AdmissionRequest,
    private readonly authorizer: Authorizer,
    private readonly values: ExpressionValues,
  ) {
    const { kind, namespace, name, subresource } = asked;
    const { group, version, plural } = kind.type;
    this.#authorizer = new AuthorizerValue({ group, version, resource: plural, subresource, namespace, name });
  }

  /** The result as a CEL value, or why there is none. */
  async evaluate(program: Program | CelError): Promise<unknown> {
    if (program instanceof CelError) return program;
    try {
      return await answered(
        this.#authorizer,
        (question) => this.#decide(question),
        () => this.evaluateNow(program, this.values),
      );
    } catch (error) {
      if (error instanceof Error) return new CelError('evaluate', error.message, { cause: error });
      throw error;
    }
  }

  /** The same inside of another evaluation, which the authorizer's answer would be too late for. */
  evaluateNow(program: Program, values: ExpressionValues): unknown {
    const meter = new Meter(Math.min(new Meter().limit, TOTAL_BUDGET - this.#spent));
    const result = program.evaluate({ ...values, authorizer: this.#authorizer }, meter);
    this.#spent += meter.used;
    return result;
  }

  async #decide(question: AuthorizationQuestion): Promise<AuthorizationAnswer> {
    const { path, group = '', version = '*', resource = '', subresource = '', namespace = '', name = '' } = question;
    const decision = await this.authorizer.authorize({
      user: question.serviceAccount ? serviceAccountUser(question.serviceAccount) : this.asked.user,
      verb: question.verb,
      resourceRequest: path === undefined,
      apiGroup: group,
      apiVersion: version,
      resource,
      subresource,
      namespace,
      name,
      path: path ?? '',
      fieldTerms: [],
    });
    return { allowed: decision.verdict === 'allow', reason: decision.reason };
  }
}

const serviceAccountUser = ({ namespace, name }: { namespace: string; name: string }): UserInfo => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});
