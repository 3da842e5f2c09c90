import type { Container } from '../../shared/api/kinds.ts';
import { fnv32a } from '../../shared/api/hash.ts';

/** Changes when a running container must be replaced: the image is all of a container's spec that may be changed in place. */
export function specHash(container: Container): string {
  return fnv32a(new TextEncoder().encode(JSON.stringify([container.name, container.image]))).toString(16);
}
