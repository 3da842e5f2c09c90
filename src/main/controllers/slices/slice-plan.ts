import { isDeepStrictEqual } from 'node:util';
import type { EndpointSlice } from '../../../shared/api/kinds.ts';
import { TRIGGER_TIME_ANNOTATION } from './slice-labels.ts';

export type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number];
export type SlicePort = NonNullable<EndpointSlice['ports']>[number];

/** Endpoints that are reached at the same ports: they can be in one slice. */
export interface EndpointGroup {
  ports: SlicePort[];
  endpoints: SliceEndpoint[];
}

/** What is the same in every slice of one Service. */
export interface SliceTemplate {
  metadata: NonNullable<EndpointSlice['metadata']>;
  addressType: string;
}

export interface SlicePlan {
  create: EndpointSlice[];
  update: EndpointSlice[];
  delete: EndpointSlice[];
}

export interface SliceOptions {
  maxEndpointsPerSlice: number;
  /** When what is now written was caused (RFC 3339). */
  triggerTime?: string | undefined;
  /** Whether there is a slice, with nothing in it, when there are no endpoints. */
  placeholder: boolean;
}

/**
 * The writes that make the slices of a Service hold these endpoints (endpointslice reconciler.go): what is there stays
 * where it is, new ones fill slices that are written anyway, then others with room, then new slices. So one pod that
 * comes or goes is one small slice to send to every node.
 */
export function planSlices(
  template: SliceTemplate,
  existing: readonly EndpointSlice[],
  groups: readonly EndpointGroup[],
  options: SliceOptions,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], delete: [] };
  const remaining = new Set(existing.filter(({ addressType }) => addressType === template.addressType));
  for (const slice of existing) if (!remaining.has(slice)) plan.delete.push(slice);
  const wanted = groups.length > 0 || !options.placeholder ? groups : [{ ports: [], endpoints: [] }];
  for (const group of wanted) {
    const same = [...remaining].filter(({ ports }) => portKey(ports ?? []) === portKey(group.ports));
    for (const slice of same) remaining.delete(slice);
    planGroup(template, same, group, options, plan);
  }
  plan.delete.push(...remaining);
  return plan;
}

/** The same for the same ports, in whatever order they are. */
export const portKey = (ports: readonly SlicePort[]): string =>
  ports
    .map(({ name = '', protocol = 'TCP', port, appProtocol = '' }) =>
      JSON.stringify([name, protocol, port, appProtocol]),
    )
    .sort()
    .join();

interface Draft {
  slice: EndpointSlice;
  endpoints: SliceEndpoint[];
  changed: boolean;
}

function planGroup(
  template: SliceTemplate,
  existing: readonly EndpointSlice[],
  group: EndpointGroup,
  options: SliceOptions,
  plan: SlicePlan,
): void {
  const missing = new Map(group.endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const drafts = existing.map((slice) => draftOf(slice, missing, template));
  const rest = [...missing.values()];
  const max = options.maxEndpointsPerSlice;
  const room = ({ endpoints }: Draft): number => max - endpoints.length;
  const fill = (draft: Draft): void => {
    const added = rest.splice(0, room(draft));
    if (added.length === 0) return;
    draft.endpoints.push(...added);
    draft.changed = true;
  };
  for (const draft of drafts) if (draft.changed && draft.endpoints.length > 0) fill(draft);
  // The fullest that still takes all of the rest, so that the others stay as they are.
  const fits = drafts.filter((draft) => !draft.changed && room(draft) >= rest.length).sort((a, b) => room(a) - room(b));
  if (rest.length > 0 && fits[0]) fill(fits[0]);
  const isEmptyGroup = group.endpoints.length === 0;
  let kept = 0;
  for (const { slice, endpoints, changed } of drafts) {
    if (endpoints.length === 0 && (!isEmptyGroup || kept > 0)) {
      plan.delete.push(slice);
      continue;
    }
    kept += 1;
    if (changed) plan.update.push(written(template, slice, group.ports, endpoints, options));
  }
  while (rest.length > 0 || (isEmptyGroup && kept === 0)) {
    kept += 1;
    plan.create.push(written(template, undefined, group.ports, rest.splice(0, max), options));
  }
}

/** What of a slice stays; takes it out of `missing`. */
function draftOf(slice: EndpointSlice, missing: Map<string, SliceEndpoint>, template: SliceTemplate): Draft {
  let changed = !hasMetadataOf(slice, template);
  const endpoints: SliceEndpoint[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    const key = identity(endpoint);
    const wanted = missing.get(key);
    missing.delete(key);
    if (wanted) endpoints.push(wanted);
    if (!isDeepStrictEqual(plain(wanted), plain(endpoint))) changed = true;
  }
  return { slice, endpoints, changed };
}

/** Absent and undefined are one. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/** What makes an endpoint the same one, whatever state it is in (EndpointHash). */
const identity = ({ addresses, hostname = '', targetRef }: SliceEndpoint): string =>
  JSON.stringify([addresses, hostname, targetRef?.uid ?? '', targetRef?.name ?? '']);

function hasMetadataOf({ metadata }: EndpointSlice, { metadata: wanted }: SliceTemplate): boolean {
  const { [TRIGGER_TIME_ANNOTATION]: _, ...annotations } = metadata?.annotations ?? {};
  return (
    isDeepStrictEqual(metadata?.labels ?? {}, wanted.labels ?? {}) &&
    isDeepStrictEqual(annotations, wanted.annotations ?? {})
  );
}

function written(
  template: SliceTemplate,
  old: EndpointSlice | undefined,
  ports: SlicePort[],
  endpoints: SliceEndpoint[],
  { triggerTime }: SliceOptions,
): EndpointSlice {
  const { generateName, ...metadata } = template.metadata;
  const annotations = {
    ...metadata.annotations,
    ...(triggerTime === undefined ? {} : { [TRIGGER_TIME_ANNOTATION]: triggerTime }),
  };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: old
      ? { ...old.metadata, labels: metadata.labels ?? {}, annotations }
      : { ...metadata, ...(generateName ? { generateName } : {}), annotations },
    addressType: template.addressType,
    ports,
    endpoints,
  };
}
