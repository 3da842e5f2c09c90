import { messageOf } from '../../shared/api/errors.ts';
import type { Container, Pod, Secret } from '../../shared/api/kinds.ts';
import type { Clock } from '../../shared/logger.ts';
import { goDuration } from '../pods/go-duration.ts';
import { nextBackoff, retryAt, type BackoffEntry } from '../pods/restart-backoff.ts';
import { defaultPullPolicy, parseImageReference, type ImageReference } from './image-reference.ts';
import type { ImageStore, LocalImage } from './image-store.ts';
import { credentialsFor } from './registry-credentials.ts';

/** What a container that wants an image is told. */
export type ImageOutcome =
  | { kind: 'ready'; image: LocalImage }
  /** A pull runs; `onSettled` of the puller will be called. */
  | { kind: 'pulling' }
  | { kind: 'refused'; reason: string; message: string; retryAt: number };

export interface ImageEvents {
  event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container: Container): void;
}

export interface ImagePullerDeps {
  store: ImageStore;
  events: ImageEvents;
  clock: Clock;
  /** The pod's pull secrets, and the names of those that cannot be had. */
  pullSecrets: (pod: Pod) => Promise<{ secrets: Secret[]; missing: string[] }>;
  /** A pull for this pod has ended, well or not: look again. */
  onSettled: (podUid: string) => void;
}

/** How soon a container that can only be helped by a change looks again. */
const RECHECK_MS = 10_000;

interface PullState {
  running: boolean;
  backoff?: BackoffEntry;
  /** What the last pull said, until the next begins. */
  failure?: { reason: string; message: string };
  /** The failure has been reported as itself; from then on it is a back-off. */
  told: boolean;
  /** Set by a pull that succeeded, for one start of policy Always. */
  fresh?: boolean;
}

/**
 * Decides whether an image must be pulled, and pulls it without holding up the pod's worker
 * (pkg/kubelet/images/image_manager.go): policy, back-off of 10 s doubling to 5 min a pod and image, upstream's events.
 */
export class ImagePuller {
  readonly #states = new Map<string, PullState>();
  /** Last message of each kind of event that must not be repeated at every look. */
  readonly #told = new Map<string, string>();

  constructor(private readonly deps: ImagePullerDeps) {}

  async ensure(pod: Pod, container: Container): Promise<ImageOutcome> {
    const spec = container.image ?? '';
    const now = this.deps.clock.now();
    const parsed = parseImageReference(spec);
    if (typeof parsed === 'string') {
      const message = `Failed to apply default image tag "${spec}": couldn't parse image name "${spec}": ${parsed}`;
      this.#tellOnce(pod, container, 'Warning', 'InspectFailed', message);
      return { kind: 'refused', reason: 'InvalidImageName', message, retryAt: now + RECHECK_MS };
    }
    const state = this.#state(pod, parsed.canonical);
    if (state.running) return { kind: 'pulling' };
    const policy = container.imagePullPolicy ?? defaultPullPolicy(spec);
    if (policy !== 'Always' || state.fresh) {
      const image = await this.deps.store.find(parsed.canonical);
      if (image) {
        if (!state.fresh) {
          const message = `Container image "${spec}" already present on machine`;
          this.deps.events.event(pod, 'Normal', 'Pulled', message, container);
        }
        this.#states.delete(this.#key(pod, parsed.canonical));
        return { kind: 'ready', image };
      }
      if (policy === 'Never') {
        const message = `Container image "${spec}" is not present with pull policy of Never`;
        this.#tellOnce(pod, container, 'Warning', 'ErrImageNeverPull', message);
        return { kind: 'refused', reason: 'ErrImageNeverPull', message, retryAt: now + RECHECK_MS };
      }
    }
    return this.#pullOrWait(pod, container, parsed, state, now);
  }

  /** Forgets the back-offs of a pod that is gone. */
  forget(podUid: string): void {
    for (const map of [this.#states, this.#told]) {
      for (const key of map.keys()) if (key.startsWith(`${podUid}_`)) map.delete(key);
    }
  }

  #pullOrWait(pod: Pod, container: Container, parsed: ImageReference, state: PullState, now: number): ImageOutcome {
    const { failure, backoff } = state;
    if (failure && backoff) {
      const until = retryAt(backoff, backoff.lastUpdate);
      if (!state.told) {
        state.told = true;
        this.deps.events.event(pod, 'Warning', 'Failed', `Error: ${failure.reason}`, container);
        // Shown as itself until the next look, a second later, as upstream's next sync would.
        return { kind: 'refused', ...failure, retryAt: Math.min(until, now + 1_000) };
      }
      if (until > now) {
        const words = `Back-off pulling image "${container.image}"`;
        this.#tellOnce(pod, container, 'Normal', 'BackOff', words);
        this.#tellOnce(pod, container, 'Warning', 'Failed', 'Error: ImagePullBackOff');
        const message = `${words}: ${failure.reason}: ${failure.message}`;
        return { kind: 'refused', reason: 'ImagePullBackOff', message, retryAt: until };
      }
    }
    void this.#pull(pod, container, parsed, state);
    return { kind: 'pulling' };
  }

  async #pull(pod: Pod, container: Container, parsed: ImageReference, state: PullState): Promise<void> {
    const { events, store, clock } = this.deps;
    const image = container.image ?? '';
    state.running = true;
    this.#told.delete(this.#tellKey(pod, container, 'BackOff'));
    this.#told.delete(this.#tellKey(pod, container, 'Failed'));
    events.event(pod, 'Normal', 'Pulling', `Pulling image "${image}"`, container);
    const begun = clock.now();
    try {
      const { secrets, missing } = await this.deps.pullSecrets(pod);
      if (missing.length > 0) {
        const names = missing.join(', ');
        const message = `Unable to retrieve some image pull secrets (${names}); attempting to pull the image may not succeed.`;
        this.#tellOnce(pod, container, 'Warning', 'FailedToRetrieveImagePullSecret', message);
      }
      await store.pull(parsed.canonical, credentialsFor(secrets, parsed.registry, parsed.repository));
      const found = await store.find(parsed.canonical);
      const took = goDuration(clock.now() - begun);
      const size = `Image size: ${found?.sizeBytes ?? 0} bytes.`;
      const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). ${size}`;
      events.event(pod, 'Normal', 'Pulled', message, container);
      delete state.failure;
      delete state.backoff;
      state.fresh = true;
    } catch (error) {
      const message = messageOf(error);
      events.event(pod, 'Warning', 'Failed', `Failed to pull image "${image}": ${message}`, container);
      const now = clock.now();
      state.backoff = nextBackoff(state.backoff, now, now);
      state.failure = { reason: 'ErrImagePull', message };
      state.told = false;
    } finally {
      state.running = false;
      this.deps.onSettled(pod.metadata?.uid ?? '');
    }
  }

  #state(pod: Pod, image: string): PullState {
    const key = this.#key(pod, image);
    const state = this.#states.get(key) ?? { running: false, told: false };
    this.#states.set(key, state);
    return state;
  }

  #key(pod: Pod, image: string): string {
    return `${pod.metadata?.uid}_${image}`;
  }

  #tellKey(pod: Pod, container: Container, reason: string): string {
    return `${pod.metadata?.uid}_${container.name}_${reason}`;
  }

  #tellOnce(pod: Pod, container: Container, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const key = this.#tellKey(pod, container, reason);
    if (this.#told.get(key) === message) return;
    this.#told.set(key, message);
    this.deps.events.event(pod, type, reason, message, container);
  }
}
