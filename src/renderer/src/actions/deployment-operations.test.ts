import { describe, expect, test } from 'vitest';
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../../shared/api/kinds.ts';
import { imagePatch, imagesOf, restartPatch, revisionsOf, templateOf } from './deployment-operations.ts';

const template = (image: string, labels: Record<string, string> = {}): PodTemplateSpec => ({
  metadata: { labels: { app: 'web', ...labels } },
  spec: { containers: [{ name: 'app', image }] },
});

function aReplicaSet(revision: string, uid = 'd1'): ReplicaSet {
  return {
    metadata: {
      name: `web-${revision}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: { 'deployment.kubernetes.io/revision': revision },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid, controller: true }],
    },
    spec: { selector: {}, template: template(`nginx:${revision}`, { 'pod-template-hash': 'abc' }) },
  };
}

const deployment: Deployment = {
  metadata: { name: 'web', uid: 'd1', annotations: { 'deployment.kubernetes.io/revision': '10' } },
  spec: { selector: {}, template: template('nginx:10') },
};

describe('a Deployment', () => {
  test('has its own revisions, newest first by number', () => {
    const sets = [aReplicaSet('9'), aReplicaSet('10'), aReplicaSet('2'), aReplicaSet('11', 'another')];
    expect(revisionsOf(deployment, sets).map(({ number, current }) => [number, current])).toEqual([
      [10, true],
      [9, false],
      [2, false],
    ]);
  });

  test('is rolled back to a template without the hash of its ReplicaSet, which stays as it was', () => {
    const set = aReplicaSet('9');
    expect(templateOf(set)).toEqual(template('nginx:9'));
    expect(set.spec?.template?.metadata?.labels).toHaveProperty('pod-template-hash');
  });

  test('gets a new image by container name', () => {
    expect(imagesOf(deployment)).toEqual({ app: 'nginx:10' });
    expect(imagePatch({ app: 'nginx:11' })).toEqual({
      spec: { template: { spec: { containers: [{ name: 'app', image: 'nginx:11' }] } } },
    });
  });

  test('restarts as kubectl does it', () => {
    expect(restartPatch('2026-01-01T00:00:00Z')).toEqual({
      spec: {
        template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' } } },
      },
    });
  });
});
