import { badRequest } from '../../../shared/api/errors.ts';
import type { Pod } from '../../../shared/api/kinds.ts';

/** The container a request about a pod means: the named one, or the only one. Throws 400 in upstream's words. */
export function containerOf(pod: Pod, wanted: string | null): string {
  const podName = pod.metadata?.name ?? '';
  const main = (pod.spec?.containers ?? []).map(({ name }) => name);
  const init = (pod.spec?.initContainers ?? []).map(({ name }) => name);
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map(({ name }) => name);
  if (wanted) {
    if (![...main, ...init, ...ephemeral].includes(wanted))
      throw badRequest(`container ${wanted} is not valid for pod ${podName}`);
    return wanted;
  }
  const [only, ...others] = main;
  if (only !== undefined && others.length === 0) return only;
  const choices = main.length > 0 ? `, choose one of: [${main.join(' ')}]` : '';
  const initChoices = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw badRequest(`a container name must be specified for pod ${podName}${choices}${initChoices}`);
}
