import type { AdmissionPlugin, AdmissionRequest } from '../chain.ts';
import { ask, invocationOf, isAsked, type Invocation, type WebhookDeps } from './dispatch.ts';
import { Hooks } from './hooks.ts';

/** ValidatingAdmissionWebhook: asks all at once, about the object as it will be stored; the first refusal counts. */
export function validatingWebhooks(deps: WebhookDeps): AdmissionPlugin {
  const hooks = Hooks.validating(deps.views);
  return {
    name: 'ValidatingAdmissionWebhook',
    async validate(request) {
      const all = await hooks.all();
      if (all.length === 0 || !isAsked(request)) return;
      const invocations: Invocation[] = [];
      for (const hook of all) {
        const invocation = await invocationOf(deps, hook, request);
        if (invocation) invocations.push(invocation);
      }
      const answers = await Promise.allSettled(
        invocations.map((invocation, index) => invoke(deps, invocation, request, index)),
      );
      for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    },
  };
}

async function invoke(
  deps: WebhookDeps,
  invocation: Invocation,
  request: AdmissionRequest,
  index: number,
): Promise<void> {
  const answer = await ask(deps, invocation, request, false);
  if (!answer)
    request.annotate?.(
      `failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`,
      invocation.hook.webhook.name,
    );
}
