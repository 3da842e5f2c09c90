import { stringify } from 'yaml';
import type { KubeObject } from '../../../../shared/api/meta.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The order kubectl prints: what it is, who it is, then the rest. */
const FIRST = ['apiVersion', 'kind', 'metadata'];

/** The object as YAML to read: without bookkeeping that repeats it (managedFields, the last applied text). */
export function yamlOf(object: KubeObject): string {
  const copy: Record<string, unknown> & KubeObject = structuredClone({ ...object });
  if (copy.metadata) {
    delete copy.metadata.managedFields;
    if (copy.metadata.annotations) {
      const { [LAST_APPLIED]: _, ...annotations } = copy.metadata.annotations;
      if (Object.keys(annotations).length === 0) delete copy.metadata.annotations;
      else copy.metadata.annotations = annotations;
    }
  }
  const rest = Object.keys(copy).filter((key) => !FIRST.includes(key) && key !== 'status');
  const keys = [...FIRST, ...rest, 'status'].filter((key) => copy[key] !== undefined);
  return stringify(Object.fromEntries(keys.map((key) => [key, copy[key]])), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

/** The object as YAML to edit: without its status, which a write would ignore. */
export function editableYamlOf(object: KubeObject): string {
  const { status: _, ...rest } = object as KubeObject & { status?: unknown };
  return yamlOf(rest);
}
