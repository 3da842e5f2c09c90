import { BINDINGS, type Binding } from '../../../shared/api/kinds.ts';
import { nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';

/** POST namespaces/NS/bindings: the old form of pods/NAME/binding, by the pod's name. */
export const bindingKind: KindDefinition<Binding> = {
  type: BINDINGS,
  singular: 'binding',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.core.v1.Binding',
  durability: 'durable',
  virtual: true,
  verbs: ['create'],
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults() {
    // Bindings have no defaults.
  },
  validate: () => [],
  selectableFields: {},
  columns: [nameColumn()],
};
