/** Images as a cell shows them: without the registry's path, all of it on hover. */
export function shortImage(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1).replace(/@sha256:([0-9a-f]{12})[0-9a-f]*$/, '@$1');
}
