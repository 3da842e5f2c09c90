/** Names of Machines and the Nodes they become: RFC 1123 subdomains (upstream's ValidateNodeName), here of one label at most 63 long. */

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** A name for the machine at this address that nobody has yet: `web-1.example.com` → `web-1`, `10.0.0.5` → `node-10-0-0-5`. */
export function suggestName(host: string, taken: ReadonlySet<string>): string {
  const numeric = /^[\d.]+$/.test(host) || host.includes(':');
  const base = numeric ? `node-${host}` : (host.split('.')[0] ?? host);
  const clean = base
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 58);
  const name = clean || 'node';
  for (let number = 2; ; number++) {
    const candidate = taken.has(name) ? `${name}-${number}` : name;
    if (!taken.has(candidate)) return candidate;
  }
}

/** What is wrong with a name, in words; undefined when nothing is. */
export function nameProblem(name: string, taken: ReadonlySet<string>): string | undefined {
  if (name === '') return 'A Node needs a name.';
  if (name.length > 63) return 'At most 63 characters.';
  if (!NAME.test(name))
    return "Lower case letters, digits, '-' and '.', beginning and ending with a letter or a digit.";
  return taken.has(name) ? `There is a Machine or Node ${name} already.` : undefined;
}
