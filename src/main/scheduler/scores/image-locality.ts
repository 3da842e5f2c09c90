import { MAX_SCORE, type ScorePlugin } from '../framework/plugin.ts';

const MB = 1024 * 1024;
/** Below the first an image is not worth a preference; above the second more does not count. Per container. */
const MIN_THRESHOLD = 23 * MB;
const MAX_CONTAINER_THRESHOLD = 1000 * MB;

/** Prefers nodes that have the pod's images, the larger the more, tempered by how many nodes have them (no node heating). */
export const imageLocality: ScorePlugin = {
  name: 'ImageLocality',
  weight: 1,
  prepare: ({ pod }, cluster) => {
    const images = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ image }) =>
      normalized(image ?? ''),
    );
    const present = images.flatMap((name) => {
      const summary = cluster.image(name);
      return summary ? [{ name, score: Math.trunc((summary.size * summary.nodes) / cluster.nodes.length) }] : [];
    });
    // No node has any of them, so all would score alike.
    if (present.length === 0) return undefined;
    const max = MAX_CONTAINER_THRESHOLD * images.length;
    return {
      score: (node) => {
        let sum = 0;
        for (const { name, score } of present) if (node.images.has(name)) sum += score;
        const clamped = Math.min(Math.max(sum, MIN_THRESHOLD), max);
        return Math.trunc((MAX_SCORE * (clamped - MIN_THRESHOLD)) / (max - MIN_THRESHOLD));
      },
    };
  },
};

/** A name without a tag means `latest`. */
function normalized(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}
