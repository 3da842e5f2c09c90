import { isNotFound } from '../../../shared/api/errors.ts';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  STORAGE_CLASSES,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
} from '../../../shared/api/kinds.ts';
import { keyOf, nameOf } from '../../../shared/api/meta.ts';
import { BETA_STORAGE_PROVISIONER, boundVolume, STORAGE_PROVISIONER } from '../../../shared/storage/binding.ts';
import { claimNamesOf } from '../pvc-protection/uses.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { boundClaim, planClaim } from './plan-claim.ts';
import { planVolume, type VolumePlan } from './plan-volume.ts';

const CLAIM_INDEX = 'binder-claim';
/** Claims by the volume they name, those without one under the empty name; volumes by the claim they refer to. */
const NAMED_INDEX = 'binder-volume';
const REFERENCE_INDEX = 'binder-reference';
const VOLUME = 'volume:';
const CLAIM = 'claim:';

/**
 * Brings claims and volumes together and keeps their phases (pkg/controller/volume/persistentvolume). One key at a time:
 * two claims must not be given one volume.
 */
export function persistentVolumeBinder(deps: ControllerDeps): RunningController {
  const { client, events } = deps;
  const claims = deps.informers.of(PERSISTENT_VOLUME_CLAIMS);
  const volumes = deps.informers.of(PERSISTENT_VOLUMES);
  const classes = deps.informers.of(STORAGE_CLASSES);
  const pods = deps.informers.of(PODS);
  const claimKeysOf = (pod: Pod): string[] =>
    claimNamesOf(pod).map((name) => `${pod.metadata?.namespace ?? ''}/${name}`);
  pods.addIndex(CLAIM_INDEX, claimKeysOf);
  claims.addIndex(NAMED_INDEX, ({ spec }) => [spec?.volumeName ?? '']);
  volumes.addIndex(REFERENCE_INDEX, ({ spec }) => (spec?.claimRef ? [referenceKey(spec.claimRef)] : []));

  const controller: Controller = new Controller(deps, { name: 'persistent-volume-binder', concurrency: 1, reconcile })
    .watch(claims, ({ object }) => [
      CLAIM + keyOf(object),
      ...(object.spec?.volumeName ? [VOLUME + object.spec.volumeName] : []),
      ...volumesReferringTo(object),
    ])
    .watch(volumes, ({ object }) => [VOLUME + nameOf(object), ...claimsFor(object)])
    .watch(classes, () => unboundClaims())
    .watch(pods, (change) =>
      change.type === 'updated' && change.old.spec?.nodeName === change.object.spec?.nodeName
        ? []
        : claimKeysOf(change.object).map((key) => CLAIM + key),
    );
  return controller;

  function volumesReferringTo(claim: PersistentVolumeClaim): string[] {
    return volumes.byIndex(REFERENCE_INDEX, keyOf(claim)).map((volume) => VOLUME + nameOf(volume));
  }

  /** A volume matters to its claim, and as long as it is free to every claim without one. */
  function claimsFor(volume: PersistentVolume): string[] {
    const { claimRef } = volume.spec ?? {};
    const named = claims.byIndex(NAMED_INDEX, nameOf(volume)).map((claim) => CLAIM + keyOf(claim));
    return [...named, ...(claimRef ? [CLAIM + referenceKey(claimRef)] : unboundClaims())];
  }

  function unboundClaims(): string[] {
    return claims.byIndex(NAMED_INDEX, '').map((claim) => CLAIM + keyOf(claim));
  }

  async function reconcile(key: string): Promise<undefined> {
    if (key.startsWith(CLAIM)) {
      const claim = claims.get(key.slice(CLAIM.length));
      if (claim) await syncClaim(claim);
    } else {
      const volume = volumes.get(key.slice(VOLUME.length));
      if (volume) await syncVolume(volume);
    }
  }

  async function syncClaim(claim: PersistentVolumeClaim): Promise<void> {
    const users = pods.byIndex(CLAIM_INDEX, keyOf(claim));
    const plan = planClaim(claim, {
      volumes: volumes.list(),
      volume: (name) => volumes.get(name),
      storageClass: (name) => classes.get(name),
      waitingPods: users.filter(({ spec }) => !spec?.nodeName).map(nameOf),
    });
    if (plan.bind) return bind(plan.bind, claim);
    let current = claim;
    if (plan.provisioner) current = await nameProvisioner(claim, plan.provisioner);
    const changed = current.status?.phase !== plan.phase;
    if (plan.phase && changed) {
      const status = plan.phase === 'Lost' ? { phase: plan.phase } : { ...current.status, phase: plan.phase };
      await client.updateStatus(PERSISTENT_VOLUME_CLAIMS, { ...current, status });
    }
    if (plan.event && (changed || plan.phase === 'Pending')) {
      const { type, reason, message } = plan.event;
      events.event({ ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, type, reason, message);
    }
  }

  async function nameProvisioner(claim: PersistentVolumeClaim, provisioner: string): Promise<PersistentVolumeClaim> {
    const annotations = claim.metadata?.annotations ?? {};
    if (annotations[STORAGE_PROVISIONER] === provisioner && annotations[BETA_STORAGE_PROVISIONER] === provisioner)
      return claim;
    const copy = structuredClone(claim);
    const names = { [STORAGE_PROVISIONER]: provisioner, [BETA_STORAGE_PROVISIONER]: provisioner };
    copy.metadata = { ...copy.metadata, annotations: { ...annotations, ...names } };
    return client.update(PERSISTENT_VOLUME_CLAIMS, copy);
  }

  /** Every step can be the last before a crash: each is done only where it is missing, the volume's before the claim's. */
  async function bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    const taken = boundVolume(volume, claim);
    const ours = taken ? await client.update(PERSISTENT_VOLUMES, taken) : volume;
    await setVolumePhase(ours, { phase: 'Bound' });
    const owner = boundClaim(claim, ours);
    const current = owner ? await client.update(PERSISTENT_VOLUME_CLAIMS, owner) : claim;
    const { accessModes, capacity } = ours.spec ?? {};
    const before = current.status ?? {};
    if (before.phase === 'Bound' && sameJson(before.accessModes, accessModes) && before.capacity?.['storage']) return;
    const status = {
      ...before,
      phase: 'Bound',
      ...(accessModes ? { accessModes } : {}),
      ...(capacity ? { capacity } : {}),
    };
    await client.updateStatus(PERSISTENT_VOLUME_CLAIMS, { ...current, status });
  }

  async function syncVolume(volume: PersistentVolume): Promise<void> {
    const plan = planVolume(volume, await claimOf(volume));
    if (plan.wakeClaim) controller.enqueue(CLAIM + referenceKey(volume.spec?.claimRef ?? {}));
    if (plan.unbound) await client.update(PERSISTENT_VOLUMES, plan.unbound);
    else await setVolumePhase(volume, plan);
  }

  async function setVolumePhase(volume: PersistentVolume, { phase, message, event }: VolumePlan): Promise<void> {
    if (!phase || (volume.status?.phase === phase && volume.status.message === message)) return;
    const { message: _, ...before } = volume.status ?? {};
    const status = { ...before, phase, ...(message === undefined ? {} : { message }) };
    await client.updateStatus(PERSISTENT_VOLUMES, { ...volume, status });
    if (event)
      events.event({ ...volume, apiVersion: 'v1', kind: 'PersistentVolume' }, event.type, event.reason, event.message);
  }

  /** The claim a volume refers to. Before it is called gone the server is asked: our cache may be behind the volume. */
  async function claimOf({ spec }: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    const { namespace = '', name = '', uid } = spec?.claimRef ?? {};
    if (!uid) return undefined;
    const known = claims.get(`${namespace}/${name}`);
    if (known?.metadata?.uid === uid) return known;
    try {
      const stored = await client.get(PERSISTENT_VOLUME_CLAIMS, name, namespace);
      return stored.metadata?.uid === uid ? stored : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

const referenceKey = ({ namespace = '', name = '' }: { namespace?: string; name?: string }): string =>
  `${namespace}/${name}`;

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
