import type { Pod } from '../../../../shared/api/kinds.ts';

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

interface NamedImage {
  name: string;
  image?: string;
}

/** Whether an update touches what the checks look at: of a pod only images, ephemeral containers and annotations can change. */
export function isSignificantUpdate(pod: Pod, old: Pod): boolean {
  const now = pod.metadata?.annotations ?? {};
  const before = old.metadata?.annotations ?? {};
  if (now[SECCOMP_POD] !== before[SECCOMP_POD]) return true;
  const changed = (container: NamedImage, was: NamedImage | undefined): boolean => {
    const key = SECCOMP_CONTAINER + container.name;
    return container.image !== was?.image || now[key] !== before[key];
  };
  for (const list of ['containers', 'initContainers'] as const) {
    const containers = pod.spec?.[list] ?? [];
    const were = old.spec?.[list] ?? [];
    if (containers.length !== were.length) return true;
    if (containers.some((container, index) => changed(container, were[index]))) return true;
  }
  const ephemeral = old.spec?.ephemeralContainers ?? [];
  return (pod.spec?.ephemeralContainers ?? []).some((container) => {
    const was = ephemeral.find(({ name }) => name === container.name);
    return !was || changed(container, was);
  });
}
