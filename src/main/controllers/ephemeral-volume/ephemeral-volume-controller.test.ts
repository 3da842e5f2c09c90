import { expect, test } from 'vitest';
import { PERSISTENT_VOLUME_CLAIMS, PODS, type Pod } from '../../../shared/api/kinds.ts';
import { aPod } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { ephemeralVolumeController } from './ephemeral-volume-controller.ts';

function podWithScratch(): Pod {
  const pod = aPod({ name: 'web', phase: 'Pending' });
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const ephemeral = { volumeClaimTemplate: { metadata: { labels: { kind: 'scratch' } }, spec } };
  pod.spec = { containers: [{ name: 'app' }], volumes: [{ name: 'scratch', ephemeral }] };
  return pod;
}

test('a pod gets the claims of its ephemeral volumes, as its own', async () => {
  const world = new World();
  await world.run(ephemeralVolumeController);
  await world.client.create(PODS, podWithScratch());
  const made = await world.until(
    'the claim',
    () => world.list(PERSISTENT_VOLUME_CLAIMS),
    (claims) => claims.length > 0,
  );
  expect(made).toMatchObject([
    {
      metadata: {
        name: 'web-scratch',
        labels: { kind: 'scratch' },
        ownerReferences: [{ kind: 'Pod', name: 'web', uid: 'uid-web', controller: true }],
      },
      spec: { resources: { requests: { storage: '1Gi' } } },
    },
  ]);
});

test('a claim of that name that is not its own is left alone', async () => {
  const world = new World();
  await world.client.create(PERSISTENT_VOLUME_CLAIMS, { metadata: { name: 'web-scratch', namespace: 'default' } });
  await world.run(ephemeralVolumeController);
  await world.client.create(PODS, podWithScratch());
  const text =
    'EphemeralVolumeConflict PVC "default/web-scratch" was not created for pod "default/web" (pod is not owner)';
  await world.until(
    'the event',
    () => world.events(),
    (events) => events.includes(text),
  );
});
