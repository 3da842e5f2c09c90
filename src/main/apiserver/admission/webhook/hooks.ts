import {
  MUTATING_WEBHOOK_CONFIGURATIONS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  type MutatingWebhookConfiguration,
  type ResourceType,
  type ValidatingWebhookConfiguration,
} from '../../../../shared/api/kinds.ts';
import { compileMatchConditions, type CompiledCondition } from '../../../resources/admission/match-conditions.ts';
import type { MutatingWebhook } from '../../../resources/validation/webhooks.ts';
import type { Views } from '../../views/views.ts';

/** A webhook of one configuration. Those of validating ones have no reinvocationPolicy. */
export interface Hook {
  configuration: string;
  /** `configuration/name/index`, for as long as the configuration stays as it is. */
  uid: string;
  webhook: MutatingWebhook;
  conditions: CompiledCondition[];
}

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

/** All webhooks of one sort, configurations by name; derived again when one has changed. */
export class Hooks {
  #known: { generation: number; hooks: readonly Hook[] } | undefined;

  constructor(
    private readonly views: Views,
    private readonly type: ResourceType<Configuration>,
  ) {}

  static mutating = (views: Views): Hooks => new Hooks(views, MUTATING_WEBHOOK_CONFIGURATIONS);
  static validating = (views: Views): Hooks => new Hooks(views, VALIDATING_WEBHOOK_CONFIGURATIONS);

  async all(): Promise<readonly Hook[]> {
    const view = await this.views.of(this.type);
    if (this.#known?.generation !== view.generation)
      this.#known = { generation: view.generation, hooks: hooksOf(view.list()) };
    return this.#known.hooks;
  }
}

function hooksOf(configurations: readonly Configuration[]): Hook[] {
  const byName = [...configurations].sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
  return byName.flatMap(({ metadata, webhooks = [] }) =>
    webhooks.map((webhook, index) => ({
      configuration: metadata?.name ?? '',
      uid: `${metadata?.name ?? ''}/${webhook.name}/${index}`,
      webhook,
      conditions: compileMatchConditions(webhook.matchConditions, false),
    })),
  );
}
