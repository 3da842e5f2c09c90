import { nameOf } from '../../shared/api/meta.ts';
import type { Machine } from '../../shared/api/machine.ts';

/** The name of a Machine's Node. */
export const nodeNameOf = (machine: Machine): string => machine.spec?.nodeName ?? nameOf(machine);
