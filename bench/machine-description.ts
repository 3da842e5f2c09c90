import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** One line on what was measured on: processor, memory, system, and the versions that matter. */
export function machineDescription(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() || 'unknown processor';
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  const docker = spawnSync('dockerd', ['--version'], { encoding: 'utf8' });
  const dockerVersion = /version ([^,\s]+)/.exec(docker.stdout ?? '')?.[1];
  return [
    `${processors.length} cores of ${model}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${system}, kernel ${release()}`,
    `Node ${process.versions.node}`,
    dockerVersion ? `Docker ${dockerVersion}` : 'no Docker',
  ].join(' · ');
}

/** Processes that wanted a processor in the last minute, on average: more than about 1 before a run means noise. */
export const loadAverage = (): number => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
