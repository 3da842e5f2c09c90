import type { Environment } from '@marcbachmann/cel-js';
import { CelFailure } from '../cel-error.ts';
import { charge } from '../meter.ts';
import type { Declare } from './declare.ts';

const PACKAGE = 'kubernetes.authorization';
/** Types of the variables `authorizer` and `authorizer.requestResource`, for a `named` CelType. */
export const AUTHORIZER_TYPE = `${PACKAGE}.Authorizer`;
const RESOURCE_CHECK_TYPE = `${PACKAGE}.ResourceCheck`;
const PATH_CHECK = `${PACKAGE}.PathCheck`;
const GROUP_CHECK = `${PACKAGE}.GroupCheck`;
const DECISION = `${PACKAGE}.Decision`;
/** Upstream's cost of one question (library/cost.go). */
const CHECK_COST = 350_000;

/** One question an expression asks of the authorizer. */
export interface AuthorizationQuestion {
  verb: string;
  /** A path that is no resource (`/healthz`), or a resource. */
  path?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  fieldSelector?: string;
  labelSelector?: string;
  /** Who it is asked about: a service account instead of the user of the request. */
  serviceAccount?: { namespace: string; name: string };
}

export interface AuthorizationAnswer {
  allowed: boolean;
  reason: string;
  error?: string;
}

/** Thrown out of an evaluation that needs an answer nobody has given yet; `answered` gets it and evaluates again. */
class UnansweredQuestion extends Error {
  constructor(
    readonly key: string,
    readonly question: AuthorizationQuestion,
  ) {
    super('authorization is still being decided');
  }
}

/** The value of `authorizer`: answers what is known, and throws UnansweredQuestion for the rest. */
export class AuthorizerValue {
  readonly answers = new Map<string, AuthorizationAnswer>();
  /** What the request itself is for (`authorizer.requestResource`); absent for expressions outside of a request. */
  readonly requestResource: ResourceCheck | undefined;
  /** What was asked in vain since the last look: the library swallows errors of operands that turn out not to matter. */
  unanswered: UnansweredQuestion | undefined;

  constructor(requestResource?: Omit<AuthorizationQuestion, 'verb'>) {
    this.requestResource = requestResource && new ResourceCheck(this, requestResource);
  }

  ask(question: AuthorizationQuestion): Decision {
    charge(CHECK_COST);
    const key = JSON.stringify(question);
    const answer = this.answers.get(key);
    if (!answer) throw (this.unanswered = new UnansweredQuestion(key, question));
    return new Decision(answer);
  }
}

class Scoped {
  constructor(
    readonly authorizer: AuthorizerValue,
    readonly question: Omit<AuthorizationQuestion, 'verb'>,
  ) {}
}
class ServiceAccountAuthorizer extends Scoped {}
class PathCheck extends Scoped {}
class GroupCheck extends Scoped {}
class ResourceCheck extends Scoped {}
class Decision {
  constructor(readonly answer: AuthorizationAnswer) {}
}

const scopeOf = (value: AuthorizerValue | Scoped): Scoped =>
  value instanceof AuthorizerValue ? new Scoped(value, {}) : value;

/** Kubernetes' authz library: `authorizer.group('').resource('pods').namespace('a').check('get').allowed()`. */
export function declareAuthorizer(declare: Declare, environment: Environment): void {
  environment.registerType(RESOURCE_CHECK_TYPE, ResourceCheck);
  environment.registerType(AUTHORIZER_TYPE, {
    ctor: AuthorizerValue,
    fields: { requestResource: RESOURCE_CHECK_TYPE },
  });
  environment.registerType(`${AUTHORIZER_TYPE}.ServiceAccount`, ServiceAccountAuthorizer);
  environment.registerType(PATH_CHECK, PathCheck);
  environment.registerType(GROUP_CHECK, GroupCheck);
  environment.registerType(DECISION, Decision);

  for (const receiver of [AUTHORIZER_TYPE, `${AUTHORIZER_TYPE}.ServiceAccount`]) {
    declare(`${receiver}.path(string): ${PATH_CHECK}`, (value: AuthorizerValue | Scoped, path: string) => {
      const { authorizer, question } = scopeOf(value);
      return new PathCheck(authorizer, { ...question, path });
    });
    declare(`${receiver}.group(string): ${GROUP_CHECK}`, (value: AuthorizerValue | Scoped, group: string) => {
      const { authorizer, question } = scopeOf(value);
      return new GroupCheck(authorizer, { ...question, group });
    });
  }
  declare(
    `${AUTHORIZER_TYPE}.serviceAccount(string, string): ${AUTHORIZER_TYPE}.ServiceAccount`,
    (authorizer: AuthorizerValue, namespace: string, name: string) =>
      new ServiceAccountAuthorizer(authorizer, { serviceAccount: { namespace, name } }),
  );
  declare(
    `${GROUP_CHECK}.resource(string): ${RESOURCE_CHECK_TYPE}`,
    ({ authorizer, question }: Scoped, resource: string) =>
      new ResourceCheck(authorizer, { ...question, version: '*', resource }),
  );
  for (const part of ['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'] as const)
    declare(
      `${RESOURCE_CHECK_TYPE}.${part}(string): ${RESOURCE_CHECK_TYPE}`,
      ({ authorizer, question }: Scoped, value: string) =>
        new ResourceCheck(authorizer, { ...question, [part]: value }),
    );
  for (const receiver of [PATH_CHECK, RESOURCE_CHECK_TYPE])
    declare(`${receiver}.check(string): ${DECISION}`, ({ authorizer, question }: Scoped, verb: string) =>
      authorizer.ask({ ...question, verb }),
    );
  declare(`${DECISION}.allowed(): bool`, ({ answer }: Decision) => answer.allowed);
  declare(`${DECISION}.reason(): string`, ({ answer }: Decision) => answer.reason);
  declare(`${DECISION}.errored(): bool`, ({ answer }: Decision) => answer.error !== undefined);
  declare(`${DECISION}.error(): string`, ({ answer }: Decision) => answer.error ?? '');
}

/** More questions than any policy asks; each is paid for besides. */
const MOST_QUESTIONS = 20;

/**
 * Evaluates what may ask the authorizer: evaluation is synchronous and answers are not, so it is evaluated again after
 * each answer. Answers stay with the authorizer value, for the other expressions of the same request.
 */
export async function answered<T>(
  authorizer: AuthorizerValue,
  decide: (question: AuthorizationQuestion) => Promise<AuthorizationAnswer>,
  evaluate: () => T,
): Promise<T> {
  for (let round = 0; ; round += 1) {
    authorizer.unanswered = undefined;
    const result = evaluate();
    const { unanswered } = authorizer as { unanswered: UnansweredQuestion | undefined };
    if (!unanswered) return result;
    if (round >= MOST_QUESTIONS) throw new CelFailure('too many authorization checks');
    authorizer.answers.set(unanswered.key, await decide(unanswered.question));
  }
}
