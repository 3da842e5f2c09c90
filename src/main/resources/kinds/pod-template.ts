import { POD_TEMPLATES, type PodTemplate } from '../../../shared/api/kinds.ts';
import { column, containerColumns, nameColumn, printLabels } from '../columns/columns.ts';
import { equalJson } from '../decode/json-value.ts';
import { setPodSpecDefaults } from '../defaults/pod-spec-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGenerationIf, startGeneration } from '../strategy.ts';
import { validatePodTemplate } from '../validation/pod-template.ts';

export const podTemplateKind: KindDefinition<PodTemplate> = {
  type: POD_TEMPLATES,
  singular: 'podtemplate',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.core.v1.PodTemplate',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults({ template }) {
    if (template?.spec) setPodSpecDefaults(template.spec);
  },
  prepareForCreate: startGeneration,
  prepareForUpdate(object, old) {
    bumpGenerationIf(!equalJson(object.template, old.template), object, old);
  },
  validate: ({ template }) => validatePodTemplate(template, 'template'),
  selectableFields: {},
  columns: [
    nameColumn(),
    ...containerColumns<PodTemplate>(({ template }) => template, column),
    column('Pod Labels', 'string', 'The labels for the pod template.', ({ template }) =>
      printLabels(template?.metadata?.labels),
    ),
  ],
};
