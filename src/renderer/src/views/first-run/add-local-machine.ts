import { apiVersionOf, MACHINES } from '../../../../shared/api/kinds.ts';
import type { Machine } from '../../../../shared/api/machine.ts';
import type { ApiClient } from '../../../../shared/client/api-client.ts';

/** The name of the Machine and of its Node: there is one such computer to a control plane. */
export const LOCAL_MACHINE = 'this-computer';

/** Makes a Machine of the Docker of the computer that Wheelhouse runs on. */
export function addLocalMachine(api: ApiClient): Promise<Machine> {
  return api.create(MACHINES, {
    apiVersion: apiVersionOf(MACHINES),
    kind: MACHINES.kind,
    metadata: { name: LOCAL_MACHINE },
    spec: { host: 'local', connection: 'Local' },
  });
}
