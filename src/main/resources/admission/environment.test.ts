import { describe, expect, test } from 'vitest';
import { CelError } from '../cel/cel-error.ts';
import type { Program } from '../cel/environment.ts';
import { answered, AuthorizerValue } from '../cel/library/authorizer.ts';
import { admissionEnvironment, withVariables } from './environment.ts';

const FULL = admissionEnvironment({ params: true, authorizer: true });

function compiled(expression: string, environment = FULL): Program {
  const program = environment.compile(expression);
  if (program instanceof CelError) throw program;
  return program;
}

const VALUES = {
  object: { spec: { replicas: 3 } },
  oldObject: null,
  request: { operation: 'CREATE', userInfo: { username: 'ann', groups: ['dev'] }, kind: { kind: 'Deployment' } },
  namespaceObject: { metadata: { name: 'a', labels: { team: 'x' } } },
  params: { data: { most: '2' } },
};

describe('expressions about a request', () => {
  test.each([
    ['object.spec.replicas > int(params.data.most)', true],
    ["request.userInfo.username == 'ann' && 'dev' in request.userInfo.groups", true],
    ["request.kind.kind == 'Deployment' && request.operation == 'CREATE'", true],
    ["namespaceObject.metadata.labels['team'] == 'x'", true],
    ['oldObject == null', true],
    ['has(object.spec.paused)', false],
  ])('%s is %s', (expression, result) => {
    expect(compiled(expression).evaluate(VALUES)).toBe(result);
  });

  test('a field that requests do not have, a variable that is not there and a wrong type do not compile', () => {
    for (const [expression, message] of [
      ['request.nothing', 'undefined field'],
      ['other.spec', 'undeclared reference'],
      ["request.name + 1 == ''", 'found no matching overload'],
    ] as const) {
      const program = FULL.compile(expression);
      expect(program).toBeInstanceOf(CelError);
      expect((program as CelError).message).toContain(message);
    }
    expect(admissionEnvironment({ params: false, authorizer: true }).compile('params.data')).toBeInstanceOf(CelError);
    expect(admissionEnvironment({ params: true, authorizer: false }).compile('authorizer')).toBeInstanceOf(CelError);
  });

  test('variables know of what comes before them, and are read once', () => {
    let reads = 0;
    const variables = {
      get twice() {
        reads += 1;
        return 6n;
      },
    };
    const environment = withVariables(FULL, [['twice', compiled('object.spec.replicas * 2')]]);
    const program = compiled('variables.twice == 6 || variables.twice == 7', environment);
    expect(program.evaluate({ ...VALUES, variables })).toBe(true);
    expect(reads).toBe(1);
    expect(environment.compile('variables.thrice == 1')).toBeInstanceOf(CelError);
    // Another policy has other variables of the same names.
    const other = withVariables(FULL, [['twice', compiled("'text'")]]);
    expect(compiled("variables.twice == 'text'", other).evaluate({ ...VALUES, variables: { twice: 'text' } })).toBe(
      true,
    );
  });

  test('the authorizer is asked about the resource of the request, and about others', async () => {
    const authorizer = new AuthorizerValue({ group: 'apps', resource: 'deployments', namespace: 'a', name: 'web' });
    const asked: object[] = [];
    const program = compiled(
      "authorizer.requestResource.check('own').allowed() && !authorizer.group('').resource('pods').check('get').allowed()",
    );
    const result = await answered(
      authorizer,
      (question) => {
        asked.push(question);
        return Promise.resolve({ allowed: question.verb === 'own', reason: '' });
      },
      () => program.evaluate({ ...VALUES, authorizer }),
    );
    expect(result).toBe(true);
    expect(asked).toHaveLength(2);
    expect(asked).toContainEqual({
      group: 'apps',
      resource: 'deployments',
      namespace: 'a',
      name: 'web',
      verb: 'own',
    });
    expect(asked).toContainEqual({ group: '', version: '*', resource: 'pods', verb: 'get' });
  });
});
