/** Puts texts after one another as YAML documents. JSON is YAML, so `.json` files go the same way. */
export function joinDocuments(texts: readonly string[]): string {
  const parts = texts
    .map((text) =>
      text
        .replace(/^\uFEFF/, '')
        .replace(/\r\n/g, '\n')
        .replace(/^(?:---\n)+/, '')
        .replace(/(?:\n---)?\s*$/, ''),
    )
    .filter((text) => text.trim() !== '');
  return parts.length === 0 ? '' : `${parts.join('\n---\n')}\n`;
}

/** Above what a manifest is, and what the `apply` channel takes. */
export const MOST_CHARACTERS = 5_000_000;
const NAMES = /\.(ya?ml|json)$/i;

/** Reads dropped or chosen files, in the order of their names, as `kubectl apply -f DIR` does. Rejects with a sentence for one that is no manifest. */
export async function readManifests(files: readonly File[]): Promise<string[]> {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const wrong = sorted.find((file) => !NAMES.test(file.name));
  if (wrong) throw new Error(`${wrong.name} is no manifest: files end in .yaml, .yml or .json.`);
  const large = sorted.find((file) => file.size > MOST_CHARACTERS);
  if (large) throw new Error(`${large.name} is larger than 5 MB.`);
  return Promise.all(sorted.map((file) => file.text()));
}
