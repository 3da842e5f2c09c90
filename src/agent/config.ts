import { readFile } from 'node:fs/promises';
import type { AgentConfig } from '../shared/agent-config.ts';

const REQUIRED = [
  'nodeName',
  'clusterId',
  'apiSocket',
  'apiServerName',
  'caFile',
  'certFile',
  'keyFile',
  'agentSocket',
  'stateDir',
  'pauseImage',
  'clusterDomain',
  'version',
] as const satisfies (keyof AgentConfig)[];

/** Reads the agent's configuration; throws one sentence that names the file and what is wrong with it. */
export async function readConfig(file: string): Promise<AgentConfig> {
  const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`${file} is not a JSON object`);
  const fields = parsed as Partial<Record<keyof AgentConfig, unknown>>;
  const missing = REQUIRED.filter((name) => typeof fields[name] !== 'string' || fields[name] === '');
  if (typeof fields.clusterNetwork !== 'object' || fields.clusterNetwork === null)
    throw new Error(`${file} lacks clusterNetwork`);
  if (missing.length > 0) throw new Error(`${file} lacks ${missing.join(', ')}`);
  return parsed as AgentConfig;
}
