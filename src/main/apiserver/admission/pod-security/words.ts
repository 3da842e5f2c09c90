/** The turns of phrase of upstream's violations. */

export const pluralize = (one: string, many: string, count: number): string => (count === 1 ? one : many);

/** `"a", "b"` */
export const joinQuoted = (words: Iterable<string>): string =>
  [...words].map((word) => JSON.stringify(word)).join(', ');

/** Each once, in order. */
export const sortedSet = (words: Iterable<string>): string[] => [...new Set(words)].sort();

/** `container "a"`, `containers "a", "b"` */
export const containersNamed = (names: readonly string[]): string =>
  `${pluralize('container', 'containers', names.length)} ${joinQuoted(names)}`;

/** `pod and container "a"`: who set something that must not be. */
export const setters = (pod: boolean, containers: readonly string[]): string =>
  [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [containersNamed(containers)] : [])].join(' and ');
