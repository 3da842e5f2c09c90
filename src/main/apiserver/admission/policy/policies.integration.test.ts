import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ApiError } from '../../../../shared/api/errors.ts';
import {
  CONFIG_MAPS,
  NAMESPACES,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  type ConfigMap,
  type Namespace,
  type ResourceType,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import { rawRequest } from '../../testing/https-client.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

type PolicySpec = Partial<NonNullable<ValidatingAdmissionPolicy['spec']>>;
type BindingSpec = Partial<NonNullable<ValidatingAdmissionPolicyBinding['spec']>>;

const CONFIG_MAPS_WRITTEN = {
  resourceRules: [
    { operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
  ],
};

describe('validating admission policies', () => {
  let api: TestServer;
  let number = 0;

  beforeAll(async () => {
    api = await startTestServer();
    await api.client.create(NAMESPACES, { metadata: { name: 'params' } } as Namespace);
  });
  afterEach(async () => {
    await removeAll(VALIDATING_ADMISSION_POLICY_BINDINGS);
    await removeAll(VALIDATING_ADMISSION_POLICIES);
  });
  afterAll(() => api.close());

  async function removeAll<T extends KubeObject>(type: ResourceType<T>): Promise<void> {
    for (const { metadata } of (await api.client.list(type)).items)
      await api.client.delete(type, { name: metadata?.name ?? '' });
  }
  const policy = (spec: PolicySpec) =>
    api.client.create(VALIDATING_ADMISSION_POLICIES, {
      metadata: { name: 'rule.example.com' },
      spec: { matchConstraints: CONFIG_MAPS_WRITTEN, ...spec },
    } as ValidatingAdmissionPolicy);
  const bind = (spec: BindingSpec = {}) =>
    api.client.create(VALIDATING_ADMISSION_POLICY_BINDINGS, {
      metadata: { name: 'here.example.com' },
      spec: { policyName: 'rule.example.com', validationActions: ['Deny'], ...spec },
    } as ValidatingAdmissionPolicyBinding);
  const create = (data: Record<string, string>, namespace = 'default') =>
    api.client.create(CONFIG_MAPS, { metadata: { name: `config-${(number += 1)}`, namespace }, data } as ConfigMap);
  const refusal = async (write: Promise<unknown>): Promise<ApiError> => {
    const error = await write.then(
      () => undefined,
      (thrown: unknown) => thrown as ApiError,
    );
    expect(error).toBeDefined();
    return error as ApiError;
  };

  test('refuse what does not hold, with the message and reason of the validation', async () => {
    await policy({
      variables: [{ name: 'size', expression: 'has(object.data.size) ? int(object.data.size) : 0' }],
      validations: [
        { expression: 'variables.size < 10', messageExpression: "'size ' + string(variables.size) + ' is too much'" },
        { expression: 'variables.size != 5', message: 'not five', reason: 'Forbidden' },
        { expression: "object.data.size != '7'" },
      ],
    });
    await create({ size: '99' });
    await bind();
    const tooMuch = await refusal(create({ size: '99' }));
    expect(tooMuch).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(tooMuch.message).toBe(
      `configmaps "config-${number}" is forbidden: ValidatingAdmissionPolicy 'rule.example.com' with binding 'here.example.com' denied request: size 99 is too much`,
    );
    expect(await refusal(create({ size: '5' }))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: expect.stringContaining('denied request: not five') as string,
    });
    expect((await refusal(create({ size: '7' }))).message).toContain(
      "denied request: failed expression: object.data.size != '7'",
    );
    await create({ size: '3' });
  });

  test('an expression that fails refuses, or is forgotten with failurePolicy Ignore', async () => {
    const validations = [{ expression: "object.data.missing == 'x'" }];
    await policy({ validations });
    await bind();
    expect((await refusal(create({}))).message).toContain(
      "denied request: expression 'object.data.missing == 'x'' resulted in error: no such key",
    );
    const stored = await api.client.get(VALIDATING_ADMISSION_POLICIES, 'rule.example.com');
    await api.client.update(VALIDATING_ADMISSION_POLICIES, {
      ...stored,
      spec: { ...stored.spec, failurePolicy: 'Ignore' },
    });
    await create({});
  });

  test('hold where their conditions, constraints and bindings say', async () => {
    await policy({
      matchConstraints: {
        ...CONFIG_MAPS_WRITTEN,
        objectSelector: { matchExpressions: [{ key: 'free', operator: 'DoesNotExist' }] },
      },
      matchConditions: [{ name: 'creates', expression: "request.operation == 'CREATE'" }],
      validations: [
        { expression: "namespaceObject.metadata.name == 'default' && request.userInfo.username == 'nobody'" },
      ],
    });
    await bind({
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } },
    });
    await refusal(create({}));
    await create({}, 'params');
    const free = await api.client.create(CONFIG_MAPS, {
      metadata: { name: 'free', namespace: 'default', labels: { free: 'yes' } },
    } as ConfigMap);
    await api.client.delete(CONFIG_MAPS, { name: free.metadata?.name ?? '', namespace: 'default' });
  });

  test('take parameters by name and by selector, and say when there are none', async () => {
    await policy({
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: {
        ...CONFIG_MAPS_WRITTEN,
        objectSelector: { matchExpressions: [{ key: 'limits', operator: 'DoesNotExist' }] },
      },
      validations: [
        {
          expression: 'size(object.data.a) <= int(params.data.most)',
          messageExpression: "'at most ' + params.data.most",
        },
      ],
    });
    await bind({ paramRef: { name: 'limit', namespace: 'params', parameterNotFoundAction: 'Deny' } });
    expect((await refusal(create({ a: 'xx' }))).message).toContain(
      'denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
    const limit = (name: string, most: string): ConfigMap => ({
      metadata: { name, namespace: 'params', labels: { limits: 'yes' } },
      data: { most },
    });
    await api.client.create(CONFIG_MAPS, limit('limit', '1'));
    expect((await refusal(create({ a: 'xx' }))).message).toContain('denied request: at most 1');
    await create({ a: 'x' });

    await api.client.delete(VALIDATING_ADMISSION_POLICY_BINDINGS, { name: 'here.example.com' });
    await api.client.create(CONFIG_MAPS, limit('wider', '3'));
    await bind({
      paramRef: { selector: { matchLabels: { limits: 'yes' } }, namespace: 'params', parameterNotFoundAction: 'Allow' },
    });
    expect((await refusal(create({ a: 'xx' }))).message).toContain('at most 1');
    await create({ a: 'x' });
  });

  test('a kind of parameters that is not served is a mistake of the policy', async () => {
    await policy({ paramKind: { apiVersion: 'example.com/v1', kind: 'Limit' }, validations: [{ expression: 'true' }] });
    await bind({ paramRef: { name: 'limit', parameterNotFoundAction: 'Deny' } });
    expect((await refusal(create({}))).message).toContain(
      "denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Limit'",
    );
  });

  test('may ask what else the user may do', async () => {
    await policy({
      validations: [{ expression: "authorizer.requestResource.check('bless').allowed()", message: 'not blessed' }],
    });
    await bind();
    await create({});
  });

  test('warn instead of refusing', async () => {
    await policy({ validations: [{ expression: 'has(object.data.a)', message: 'no a' }] });
    await bind({ validationActions: ['Warn', 'Audit'] });
    const { code, headers } = await rawRequest(api, {
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { name: 'warned' }, data: { b: '1' } }),
    });
    expect([code, headers['warning']]).toEqual([
      201,
      `299 - "Validation failed for ValidatingAdmissionPolicy 'rule.example.com' with binding 'here.example.com': no a"`,
    ]);
  });

  test('that do not compile are not stored', async () => {
    const wrong = await refusal(policy({ validations: [{ expression: 'object.data.a +' }, { expression: "'text'" }] }));
    expect(wrong.code).toBe(422);
    expect(wrong.status.details?.causes?.map(({ field }) => field)).toEqual([
      'spec.validations[0].expression',
      'spec.validations[1].expression',
    ]);
    expect(wrong.message).toContain('must evaluate to bool');
  });

  test('are checked against the types of what they are about', async () => {
    await policy({ validations: [{ expression: 'object.dta.a == 1' }] });
    const checked = await vi.waitFor(async () => {
      const { status } = await api.client.get(VALIDATING_ADMISSION_POLICIES, 'rule.example.com');
      expect(status?.observedGeneration).toBe(1);
      return status?.typeChecking?.expressionWarnings;
    });
    expect(checked).toMatchObject([
      {
        fieldRef: 'spec.validations[0].expression',
        warning: expect.stringContaining('v1, Kind=ConfigMap: ERROR: <input>:1:') as string,
      },
    ]);
  });

  test('do not hold for policies themselves', async () => {
    await policy({
      matchConstraints: {
        resourceRules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }],
      },
      validations: [{ expression: 'false' }],
    });
    await bind();
    await refusal(create({}));
    await api.client.delete(VALIDATING_ADMISSION_POLICY_BINDINGS, { name: 'here.example.com' });
    await create({});
  });
});
