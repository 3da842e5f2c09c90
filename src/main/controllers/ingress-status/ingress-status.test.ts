import { describe, expect, test } from 'vitest';
import {
  INGRESS_CONTROLLER,
  INGRESS_SERVING_ANNOTATION,
  isServedByMachines,
} from '../../../shared/api/ingress-serving.ts';
import type { IngressClass, Node } from '../../../shared/api/kinds.ts';
import { servingAddresses } from './plan.ts';

const ours = (name: string, isDefault = false): IngressClass => ({
  metadata: { name, annotations: isDefault ? { 'ingressclass.kubernetes.io/is-default-class': 'true' } : {} },
  spec: { controller: INGRESS_CONTROLLER },
});
const foreign: IngressClass = { metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } };

const node = (name: string, address: string, { serving = true, ready = true } = {}): Node => ({
  metadata: { name, annotations: serving ? { [INGRESS_SERVING_ANNOTATION]: 'true' } : {} },
  status: {
    addresses: [{ type: 'InternalIP', address }],
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  },
});

test('the machines that serve and are Ready are in the status, each once and in order', () => {
  const external = node('d', '192.0.2.4');
  external.status?.addresses?.push({ type: 'ExternalIP', address: '198.51.100.4' });
  expect(
    servingAddresses([
      node('c', '192.0.2.3'),
      node('a', '192.0.2.1'),
      node('b', '192.0.2.2', { serving: false }),
      node('e', '192.0.2.5', { ready: false }),
      external,
    ]),
  ).toEqual(['192.0.2.1', '192.0.2.3', '198.51.100.4']);
});

describe('an Ingress is ours', () => {
  test.each([
    ['by its class', { spec: { ingressClassName: 'wheelhouse' } }, [ours('wheelhouse'), foreign], true],
    ['not by another class', { spec: { ingressClassName: 'nginx' } }, [ours('wheelhouse', true), foreign], false],
    ['by default', { spec: {} }, [ours('wheelhouse', true)], true],
    ['not without a default', { spec: {} }, [ours('wheelhouse')], false],
    ['by the old annotation', { metadata: { annotations: { 'kubernetes.io/ingress.class': 'w' } } }, [ours('w')], true],
  ])('%s', (_how, ingress, classes, expected) => {
    expect(isServedByMachines(ingress, classes)).toBe(expected);
  });
});
