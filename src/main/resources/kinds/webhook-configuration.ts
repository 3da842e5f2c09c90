import {
  MUTATING_WEBHOOK_CONFIGURATIONS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  type MutatingWebhookConfiguration,
  type ValidatingWebhookConfiguration,
} from '../../../shared/api/kinds.ts';
import { ageColumn, column, nameColumn } from '../columns/columns.ts';
import { equalJson } from '../decode/json-value.ts';
import type { Column, KindDefinition } from '../definition.ts';
import { bumpGenerationIf, startGeneration } from '../strategy.ts';
import { oneOf } from '../validation/fields.ts';
import { setWebhookDefaults, validateWebhooks } from '../validation/webhooks.ts';

const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];

const webhookColumns = <T extends ValidatingWebhookConfiguration>(): Column<T>[] => [
  nameColumn(),
  column(
    'Webhooks',
    'integer',
    'Webhooks indicates the number of webhooks registered in this configuration',
    ({ webhooks = [] }) => webhooks.length,
  ),
  ageColumn(),
];

export const validatingWebhookConfigurationKind: KindDefinition<ValidatingWebhookConfiguration> = {
  type: VALIDATING_WEBHOOK_CONFIGURATIONS,
  singular: 'validatingwebhookconfiguration',
  shortNames: [],
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults({ webhooks = [] }) {
    webhooks.forEach(setWebhookDefaults);
  },
  prepareForCreate: startGeneration,
  prepareForUpdate: (item, old) => bumpGenerationIf(!equalJson(item.webhooks, old.webhooks), item, old),
  validate: ({ webhooks = [] }) => validateWebhooks(webhooks),
  selectableFields: {},
  columns: webhookColumns(),
};

export const mutatingWebhookConfigurationKind: KindDefinition<MutatingWebhookConfiguration> = {
  type: MUTATING_WEBHOOK_CONFIGURATIONS,
  singular: 'mutatingwebhookconfiguration',
  shortNames: [],
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults({ webhooks = [] }) {
    for (const webhook of webhooks) {
      setWebhookDefaults(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  prepareForCreate: startGeneration,
  prepareForUpdate: (item, old) => bumpGenerationIf(!equalJson(item.webhooks, old.webhooks), item, old),
  validate: ({ webhooks = [] }) => [
    ...validateWebhooks(webhooks),
    ...webhooks.flatMap(({ reinvocationPolicy }, index) =>
      oneOf(`webhooks[${index}].reinvocationPolicy`, reinvocationPolicy, REINVOCATION_POLICIES),
    ),
  ],
  selectableFields: {},
  columns: webhookColumns(),
};
