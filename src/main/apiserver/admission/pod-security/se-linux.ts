import { containersOf, type Check, type CheckPod } from './check.ts';
import { joinQuoted, pluralize, setters, sortedSet } from './words.ts';

interface Options {
  type?: string;
  user?: string;
  role?: string;
}

const TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const allowing =
  (types: readonly string[]): CheckPod =>
  (_metadata, spec) => {
    const isBad = (options: Options | undefined): boolean =>
      options !== undefined && (!types.includes(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
    const forPod = spec.securityContext?.seLinuxOptions;
    const containers = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions));
    if (!isBad(forPod) && containers.length === 0) return undefined;

    const all = [forPod, ...containersOf(spec).map(({ securityContext }) => securityContext?.seLinuxOptions)];
    const badTypes = sortedSet(all.map((options) => options?.type ?? '').filter((type) => !types.includes(type)));
    const found = [
      ...(badTypes.length > 0 ? [`${pluralize('type', 'types', badTypes.length)} ${joinQuoted(badTypes)}`] : []),
      ...(all.some((options) => options?.user) ? ['user may not be set'] : []),
      ...(all.some((options) => options?.role) ? ['role may not be set'] : []),
    ];
    const who = setters(
      isBad(forPod),
      containers.map(({ name }) => name),
    );
    return {
      reason: 'seLinuxOptions',
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${found.join('; ')}`,
    };
  };

/** The SELinux types that confine a container, and no user or role of its own. */
export const seLinuxOptions: Check = {
  id: 'seLinuxOptions',
  level: 'baseline',
  versions: [
    { since: 0, check: allowing(TYPES) },
    { since: 31, check: allowing([...TYPES, 'container_engine_t']) },
  ],
};
