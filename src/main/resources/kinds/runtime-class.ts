import { RUNTIME_CLASSES, type RuntimeClass } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { complaintsAbout, duplicatesIn, immutable, required } from '../validation/fields.ts';
import { validateLabels } from '../validation/metadata.ts';
import { dns1123Label } from '../validation/names.ts';
import { validateResourceAmount } from '../validation/quantities.ts';
import { validateTolerations } from '../validation/scheduling.ts';

const SCHEMA = 'io.k8s.api.node.v1.RuntimeClass';

export const runtimeClassKind: KindDefinition<RuntimeClass> = {
  type: RUNTIME_CLASSES,
  singular: 'runtimeclass',
  shortNames: [],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults() {
    // RuntimeClasses have no defaults.
  },
  /** node/validation ValidateRuntimeClass. */
  validate: ({ handler, overhead, scheduling }) => [
    ...(handler ? complaintsAbout('handler', handler, dns1123Label(handler)) : [required('handler')]),
    ...Object.entries(overhead?.podFixed ?? {}).flatMap(([name, amount]) =>
      validateResourceAmount(name, amount, `overhead.podFixed[${name}]`),
    ),
    ...validateLabels('scheduling.nodeSelector', scheduling?.nodeSelector),
    ...validateTolerations(scheduling?.tolerations ?? [], 'scheduling.tolerations'),
    ...duplicatesIn(
      scheduling?.tolerations ?? [],
      (toleration) => JSON.stringify(toleration),
      (index) => `scheduling.tolerations[${index}]`,
    ),
  ],
  validateUpdate: (item, old) => immutable('handler', item.handler, old.handler),
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Handler', 'string', fieldDoc(SCHEMA, 'handler'), ({ handler }) => handler ?? ''),
    ageColumn(),
  ],
};
