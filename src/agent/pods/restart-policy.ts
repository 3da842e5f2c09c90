import type { Container, Pod } from '../../shared/api/kinds.ts';
import type { ObservedContainer } from '../runtime/observed.ts';
import { isEphemeral } from './pod-containers.ts';

/** An init container that keeps running beside the others (KEP-753). */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/** Whether a container that is not running is to be started, now or after its back-off (ShouldContainerBeRestarted). */
export function mayRestart(pod: Pod, container: Container, current: ObservedContainer | undefined): boolean {
  if (!current || current.state === 'created') return true;
  if (current.state === 'running' || isEphemeral(pod, container.name)) return false;
  if (isSidecar(container)) return true;
  switch (pod.spec?.restartPolicy) {
    case 'Never':
      return false;
    case 'OnFailure':
      return current.exitCode !== 0 || current.startError !== undefined;
    default:
      return true;
  }
}
