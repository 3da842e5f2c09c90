import { describe, expect, test } from 'vitest';
import type { Deployment, ReplicaSet } from '../../../shared/api/kinds.ts';
import { aDeployment, aPod, aReplicaSet } from '../testing/builders.ts';
import { START } from '../testing/world.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, REVISION, REVISION_HISTORY } from './annotations.ts';
import { planDeployment, type DeploymentPlan } from './plan.ts';
import { sameTemplate, templateHash } from './template.ts';

const plan = (deployment: Deployment, replicaSets: ReplicaSet[] = [], now = START): DeploymentPlan =>
  planDeployment(deployment, { replicaSets, pods: [] }, now);
const progressing = (of: DeploymentPlan): unknown => {
  const found = of.status.conditions?.find((condition) => condition.type === 'Progressing');
  return found && `${found.status} ${found.reason ?? ''}: ${found.message ?? ''}`;
};

interface Shape {
  revision?: number;
  desired?: number;
  available?: number;
  image?: string;
  created?: number;
}

function rs(name: string, replicas: number, shape: Shape = {}): ReplicaSet {
  const { revision = 1, desired = 4, available = replicas, image = 'web:1', created = 0 } = shape;
  const annotations = {
    [REVISION]: String(revision),
    [DESIRED_REPLICAS]: String(desired),
    [MAX_REPLICAS]: String(desired + Math.ceil(desired / 4)),
  };
  const creationTimestamp = new Date(START + created * 1000).toISOString();
  return aReplicaSet(name, replicas, {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, generation: 1, annotations, creationTimestamp },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web', 'pod-template-hash': name } },
      template: {
        metadata: { labels: { app: 'web', 'pod-template-hash': name } },
        spec: { containers: [{ name: 'app', image }] },
      },
    },
    status: { replicas, readyReplicas: available, availableReplicas: available, observedGeneration: 1 },
  });
}

describe('a new Deployment', () => {
  test('makes its ReplicaSet at full size, at revision 1, with the hash in name, labels and selector', () => {
    const made = plan(aDeployment(3));
    const [action] = made.actions;
    if (action?.type !== 'create') throw new Error('no create');
    const hash = templateHash(aDeployment(3).spec?.template, undefined);
    expect(action.replicaSet.metadata).toMatchObject({
      name: `web-${hash}`,
      labels: { app: 'web', 'pod-template-hash': hash },
      annotations: { [REVISION]: '1', [DESIRED_REPLICAS]: '3', [MAX_REPLICAS]: '4' },
      ownerReferences: [
        { kind: 'Deployment', name: 'web', uid: 'uid-web', controller: true, blockOwnerDeletion: true },
      ],
    });
    expect(action.replicaSet.spec).toMatchObject({
      replicas: 3,
      selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } },
    });
    expect(made.revision).toBe('1');
    expect(progressing(made)).toBe(`True NewReplicaSetCreated: Created new replica set "web-${hash}"`);
  });

  test('does not copy the last applied configuration to the ReplicaSet', () => {
    const deployment = aDeployment(1);
    deployment.metadata = {
      ...deployment.metadata,
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', team: 'red', [REVISION]: '7' },
    };
    const [action] = plan(deployment).actions;
    const annotations = action?.type === 'create' ? action.replicaSet.metadata?.annotations : undefined;
    expect(annotations).toEqual({ team: 'red', [REVISION]: '1', [DESIRED_REPLICAS]: '1', [MAX_REPLICAS]: '2' });
  });
});

describe('a rolling update', () => {
  const updated = (): Deployment => {
    const deployment = aDeployment(4);
    if (deployment.spec?.template.spec?.containers[0]) deployment.spec.template.spec.containers[0].image = 'web:2';
    return deployment;
  };

  test('begins with the surge and takes down what may be unavailable, in one step', () => {
    const { actions } = plan(updated(), [rs('old', 4)]);
    expect(actions.map((action) => action.type)).toEqual(['create', 'scale']);
    expect(actions[0]).toMatchObject({
      replicaSet: { spec: { replicas: 1 }, metadata: { annotations: { [REVISION]: '2' } } },
    });
    expect(actions[1]).toMatchObject({ replicaSet: { metadata: { name: 'old' } }, from: 4, to: 3 });
  });

  test('grows the new one before it shrinks the old', () => {
    const members = [rs('old', 3), rs('new', 1, { image: 'web:2', revision: 2, created: 5, available: 0 })];
    expect(plan(updated(), members).actions).toMatchObject([
      { type: 'scale', replicaSet: { metadata: { name: 'new' } }, from: 1, to: 2 },
    ]);
  });

  test('waits while new pods are not available', () => {
    const members = [rs('old', 3), rs('new', 2, { image: 'web:2', revision: 2, created: 5, available: 0 })];
    expect(plan(updated(), members).actions).toEqual([]);
  });

  test('ends with the old at zero, complete', () => {
    const members = [rs('old', 0), rs('new', 4, { image: 'web:2', revision: 2, created: 5 })];
    const done = plan(updated(), members);
    expect(done.actions).toEqual([]);
    expect(progressing(done)).toBe('True NewReplicaSetAvailable: ReplicaSet "new" has successfully progressed.');
    expect(done.status).toMatchObject({
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
      observedGeneration: 1,
    });
    expect(done.recheckMs).toBeUndefined();
  });

  test('rolling back raises the revision of the old ReplicaSet and keeps its history', () => {
    const members = [rs('first', 0), rs('second', 4, { image: 'web:2', revision: 2, created: 5 })];
    const { actions, revision } = plan(aDeployment(4), members);
    expect(actions[0]).toMatchObject({
      type: 'annotate',
      replicaSet: { metadata: { name: 'first' } },
      annotations: { [REVISION]: '3', [REVISION_HISTORY]: '1' },
    });
    expect(actions[1]).toMatchObject({ type: 'scale', replicaSet: { metadata: { name: 'first' } }, from: 0, to: 1 });
    expect(revision).toBe('3');
  });
});

describe('Recreate', () => {
  const recreate = (): Deployment => aDeployment(2, { strategy: { type: 'Recreate' } });

  test('first takes all old pods down', () => {
    const { actions } = plan(recreate(), [rs('old', 2, { image: 'web:0', desired: 2 })]);
    expect(actions).toMatchObject([{ type: 'scale', from: 2, to: 0 }]);
  });

  test('makes nothing new while one of them still ends', () => {
    const old = rs('old', 0, { image: 'web:0', desired: 2 });
    const ending = aPod({ name: 'ending', owner: old, deleted: true });
    expect(planDeployment(recreate(), { replicaSets: [old], pods: [ending] }, START).actions).toEqual([]);
  });

  test('then makes the new ones at once', () => {
    const { actions } = plan(recreate(), [rs('old', 0, { image: 'web:0', desired: 2 })]);
    expect(actions).toMatchObject([{ type: 'create', replicaSet: { spec: { replicas: 2 } } }]);
  });
});

describe('scaling', () => {
  test('a settled Deployment is scaled at once, without a rollout', () => {
    const { actions } = plan(aDeployment(7), [rs('only', 4)]);
    expect(actions).toMatchObject([
      { type: 'scale', from: 4, to: 7, annotations: { [DESIRED_REPLICAS]: '7', [MAX_REPLICAS]: '9' } },
    ]);
  });

  test('in the middle of a rollout all are scaled in proportion', () => {
    const members = [rs('old', 3, { image: 'web:0' }), rs('new', 2, { revision: 2, created: 5 })];
    const { actions } = plan(aDeployment(8), members);
    expect(actions.map((action) => action.type === 'scale' && [action.from, action.to])).toEqual([
      [3, 6],
      [2, 4],
    ]);
  });

  test('paused: sizes follow, templates do not', () => {
    const deployment = aDeployment(6, { paused: true });
    if (deployment.spec?.template.spec?.containers[0]) deployment.spec.template.spec.containers[0].image = 'web:2';
    const paused = plan(deployment, [rs('old', 4)]);
    expect(paused.actions).toMatchObject([{ type: 'scale', from: 4, to: 6 }]);
    expect(progressing(paused)).toBe('Unknown DeploymentPaused: Deployment is paused');
  });
});

describe('history', () => {
  const cleaned = (limit: number, ...old: ReplicaSet[]): unknown[] => {
    const deployment = aDeployment(4, { revisionHistoryLimit: limit });
    deployment.status = { observedGeneration: 1, replicas: 4, updatedReplicas: 4, availableReplicas: 4 };
    const { actions } = plan(deployment, [...old, rs('new', 4, { revision: 9, created: 9 })]);
    return actions.map((action) => action.type === 'delete' && action.replicaSet.metadata?.name);
  };

  test('keeps the newest revisions up to the limit', () => {
    const old = [1, 2, 3].map((revision) =>
      rs(`old-${String(revision)}`, 0, { revision, image: `web:0.${String(revision)}` }),
    );
    expect(cleaned(1, ...old)).toEqual(['old-1', 'old-2']);
    expect(cleaned(3, ...old)).toEqual([]);
  });

  test('never deletes one that the ReplicaSet controller has not emptied yet', () => {
    const busy = rs('busy', 0, { image: 'web:0' });
    busy.status = { replicas: 1, observedGeneration: 1 };
    expect(cleaned(0, busy)).toEqual([]);
  });
});

describe('the progress deadline', () => {
  const stuck = (sinceSeconds: number, reason = 'ReplicaSetUpdated'): DeploymentPlan => {
    const deployment = aDeployment(4);
    const lastUpdateTime = new Date(START).toISOString();
    deployment.status = {
      replicas: 4,
      updatedReplicas: 4,
      conditions: [{ type: 'Progressing', status: 'True', reason, lastUpdateTime, lastTransitionTime: lastUpdateTime }],
    };
    return plan(deployment, [rs('new', 4, { available: 0 })], START + sinceSeconds * 1000);
  };

  test('looks again a second after it', () => {
    expect(stuck(540).recheckMs).toBe(61_000);
  });

  test('passes', () => {
    expect(progressing(stuck(601))).toBe('False ProgressDeadlineExceeded: ReplicaSet "new" has timed out progressing.');
    expect(stuck(601).recheckMs).toBeUndefined();
  });

  test('is not about pods that fail long after the rollout has ended', () => {
    expect(progressing(stuck(5000, 'NewReplicaSetAvailable'))).toContain('True NewReplicaSetAvailable');
  });
});

test('Available says whether the minimum is there', () => {
  const available = (count: number): unknown =>
    plan(aDeployment(4), [rs('new', 4, { available: count })]).status.conditions?.find(
      ({ type }) => type === 'Available',
    )?.reason;
  expect([available(2), available(3)]).toEqual(['MinimumReplicasUnavailable', 'MinimumReplicasAvailable']);
});

test('a failure of the new ReplicaSet is lifted to the Deployment', () => {
  const failing = rs('new', 4, { available: 0 });
  const failure = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: 'exceeded quota',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  failing.status = { replicas: 0, conditions: [failure] };
  expect(plan(aDeployment(4), [failing]).status.conditions).toContainEqual({
    ...failure,
    lastUpdateTime: failure.lastTransitionTime,
  });
});

test('templates are the same whatever the key order, the hash label and empty lists', () => {
  const template = (spec: object, labels = {}): NonNullable<Deployment['spec']>['template'] =>
    ({ metadata: { labels: { app: 'web', ...labels } }, spec }) as NonNullable<Deployment['spec']>['template'];
  const one = template({ containers: [{ name: 'a', image: 'x', env: [] }] });
  const two = template({ containers: [{ image: 'x', name: 'a' }] }, { 'pod-template-hash': 'abc' });
  expect(sameTemplate(one, two)).toBe(true);
  expect(templateHash(one, undefined)).toBe(templateHash(two, undefined));
  expect(templateHash(one, 1)).not.toBe(templateHash(one, undefined));
  expect(sameTemplate(one, template({ containers: [{ name: 'a', image: 'y' }] }))).toBe(false);
});
