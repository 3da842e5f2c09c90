import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../shared/api/errors.ts';
import { kindNamed } from '../testing/samples.ts';
import { decodeObject } from './decode-object.ts';

const deployment = kindNamed('Deployment');
const container = (fields: object) => ({ spec: { template: { spec: { containers: [fields] } } } });
const AS_DEPLOYMENT = 'Deployment in version "v1" cannot be handled as a Deployment: ';

function refusal(kindName: string, value: unknown): { code: number; message: string; field: string | undefined } {
  try {
    decodeObject(kindNamed(kindName), value);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { code: error.code, message: error.message, field: error.status.details?.causes?.[0]?.field };
  }
  throw new Error('was accepted');
}

describe('values of the wrong type are refused in the words of Go, with the path of the field', () => {
  test.each<[object, string, string]>([
    [
      { spec: { replicas: '3' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
      'spec.replicas',
    ],
    [
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
      'spec.replicas',
    ],
    [
      { spec: { replicas: 2 ** 31 } },
      'json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
      'spec.replicas',
    ],
    [
      { spec: [] },
      'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec',
      'spec',
    ],
    [
      { metadata: { labels: { a: true } } },
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
      'metadata.labels.a',
    ],
    [
      { metadata: { labels: 'x' } },
      'json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string',
      'metadata.labels',
    ],
    [
      { spec: { template: { spec: { containers: {} } } } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
      'spec.template.spec.containers',
    ],
    [
      container({ name: 5 }),
      'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.name of type string',
      'spec.template.spec.containers[0].name',
    ],
    [
      container({ env: [{ name: 'a', value: 1 }] }),
      'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
      'spec.template.spec.containers[0].env[0].value',
    ],
    [
      container({ resources: { limits: { cpu: 'lots' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      'spec.template.spec.containers[0].resources.limits.cpu',
    ],
    [
      { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
      'json: cannot unmarshal bool into Go value of type int32',
      'spec.strategy.rollingUpdate.maxSurge',
    ],
    [
      { metadata: { creationTimestamp: 'yesterday' } },
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
      'metadata.creationTimestamp',
    ],
  ])('%j', (value, message, field) => {
    expect(refusal('Deployment', value)).toEqual({ code: 400, message: AS_DEPLOYMENT + message, field });
  });

  test('bad base64 in a Secret', () => {
    expect(refusal('Secret', { data: { a: 'YWJj!A==' } })).toEqual({
      code: 400,
      message: 'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 4',
      field: 'data.a',
    });
  });

  test('a kind of ours answers as a custom resource', () => {
    expect(refusal('Machine', { metadata: { name: 'm' }, spec: { host: 'h', port: 'ssh' } })).toEqual({
      code: 422,
      message:
        'Machine.machines.wheelhouse.dev "m" is invalid: spec.port: Invalid value: "string": spec.port in body must be of type integer: "string"',
      field: 'spec.port',
    });
  });
});

describe('the wrong object', () => {
  test('another kind', () => {
    expect(refusal('Deployment', { apiVersion: 'apps/v1', kind: 'ReplicaSet' }).message).toBe(
      'ReplicaSet in version "v1" cannot be handled as a Deployment: converting (v1.ReplicaSet) to (v1.Deployment): unknown conversion',
    );
  });

  test('another version', () => {
    expect(refusal('Deployment', { apiVersion: 'v1', kind: 'Pod' }).message).toBe(
      'the API version in the data (v1) does not match the expected API version (apps/v1)',
    );
  });

  test.each([null, 'text', 7, []])('%j is no object', (value) => {
    expect(refusal('Deployment', value)).toMatchObject({ code: 400, message: expect.stringContaining('unrecognized') });
  });
});

describe('what is accepted is put into one form', () => {
  test('type meta is filled in, nulls and empty lists vanish, unknown fields are named', () => {
    const { object, unknownFields } = decodeObject(deployment, {
      metadata: { name: 'a', creationTimestamp: null, labels: {}, annotations: { empty: null } },
      spec: { foo: 1, replicas: null, template: { spec: { containers: [{ name: 'c', args: [], bar: {} }] } } },
    });
    expect(object).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a', annotations: { empty: '' } },
      spec: { template: { spec: { containers: [{ name: 'c' }] } } },
    });
    expect(unknownFields).toEqual(['spec.foo', 'spec.template.spec.containers[0].bar']);
  });

  test('quantities and times are canonical, int-or-string keeps its type', () => {
    const { object } = decodeObject(deployment, {
      metadata: { creationTimestamp: '2026-01-01T02:00:00.999+02:00' },
      spec: {
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
        ...container({ resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }).spec,
      },
    });
    expect(object).toMatchObject({
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: {
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
        template: { spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '1Gi' } } }] } },
      },
    });
  });

  test('lease times keep microseconds', () => {
    const { object } = decodeObject(kindNamed('Lease'), { spec: { renewTime: '2026-01-01T00:00:00.5Z' } });
    expect(object).toMatchObject({ spec: { renewTime: '2026-01-01T00:00:00.500000Z' } });
  });

  test('the result is a private copy', () => {
    const body = {
      metadata: { name: 'a', managedFields: [{ manager: 'm', fieldsV1: { 'f:spec': {} } }] },
      data: { a: 'b' },
    };
    const { object } = decodeObject(kindNamed('ConfigMap'), body);
    body.data.a = 'changed';
    (body.metadata.managedFields[0]!.fieldsV1 as Record<string, unknown>)['f:x'] = 1;
    expect(object).toMatchObject({ data: { a: 'b' }, metadata: { managedFields: [{ fieldsV1: { 'f:spec': {} } }] } });
    expect(object.metadata?.managedFields?.[0]?.fieldsV1).toEqual({ 'f:spec': {} });
  });

  test('__proto__ is a legal key of a ConfigMap', () => {
    const { object } = decodeObject(kindNamed('ConfigMap'), JSON.parse('{"data":{"__proto__":"x"}}'));
    expect(JSON.stringify(object)).toContain('{"__proto__":"x"}');
  });
});
