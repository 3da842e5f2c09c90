import { LIMIT_RANGES, type LimitRange } from '../../../shared/api/kinds.ts';
import { plainColumns } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { validateLimitRange } from '../validation/limit-range.ts';

/** A container's default limit is the maximum; its default request is the limit, or else the minimum. */
function setLimitRangeDefaults({ spec }: LimitRange): void {
  for (const item of spec?.limits ?? []) {
    if (item.type !== 'Container') continue;
    const limits = { ...item.max, ...item.default };
    const requests = { ...item.min, ...limits, ...item.defaultRequest };
    if (Object.keys(limits).length > 0) item.default = limits;
    if (Object.keys(requests).length > 0) item.defaultRequest = requests;
  }
}

export const limitRangeKind: KindDefinition<LimitRange> = {
  type: LIMIT_RANGES,
  singular: 'limitrange',
  shortNames: ['limits'],
  categories: [],
  schema: 'io.k8s.api.core.v1.LimitRange',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setLimitRangeDefaults,
  validate: validateLimitRange,
  selectableFields: {},
  columns: plainColumns(),
};
