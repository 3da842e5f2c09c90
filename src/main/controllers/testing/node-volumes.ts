import type { NodeVolumes } from '../../../shared/api/node-volumes.ts';

const refuse = (node: string): Promise<never> => Promise.reject(new Error(`there is no machine behind node ${node}`));

/** For clusters without machines: no node has room for volumes. */
export const NO_NODE_VOLUMES: NodeVolumes = { make: refuse, remove: refuse };
