import type { ContainerView, ResourceAmounts } from './container-view.ts';

/** `cpu 100m, memory 64Mi`; `none` where nothing is asked for. */
function amountsText({ cpu, memory }: ResourceAmounts): string {
  const parts = [...(cpu ? [`cpu ${cpu}`] : []), ...(memory ? [`memory ${memory}`] : [])];
  return parts.join(', ') || 'none';
}

/** The details of a container that fold out. */
export function containerFacts(view: ContainerView): { label: string; value: string | undefined; mono?: boolean }[] {
  const list = (values: readonly string[]): string | undefined => (values.length > 0 ? values.join(', ') : undefined);
  return [
    { label: 'Requests', value: amountsText(view.requests) },
    { label: 'Limits', value: amountsText(view.limits) },
    { label: 'Ports', value: list(view.ports) ?? 'none' },
    { label: 'Environment', value: list(view.env) ?? 'none', mono: true },
    { label: 'Command', value: list(view.command) ?? 'as the image says', mono: true },
    { label: 'Mounts', value: list(view.mounts), mono: true },
  ];
}
