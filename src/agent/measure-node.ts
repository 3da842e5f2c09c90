import type Docker from 'dockerode';
import type { Registry } from 'prom-client';
import type { AgentConfig } from '../shared/agent-config.ts';
import type { Clock, Logger } from '../shared/logger.ts';
import { readMachineHealth, type MachineFacts } from './node/machine-facts.ts';
import type { PodManager } from './pods/pod-manager.ts';
import type { DockerRuntime } from './runtime/docker-runtime.ts';
import { CgroupFiles } from './stats/cgroup-files.ts';
import { kubeletMetrics, type KubeletCounters } from './stats/kubelet-metrics.ts';
import { NodeMetrics } from './stats/node-metrics.ts';
import type { ProbeMetrics } from './stats/probe-metrics.ts';
import { StatsSampler } from './stats/sampler.ts';

export interface MeasureDeps {
  config: AgentConfig;
  docker: Docker;
  facts: MachineFacts;
  runtime: DockerRuntime;
  pods: Pick<PodManager, 'pods'>;
  registry: Registry;
  probes: ProbeMetrics;
  clock: Clock;
  log: Logger;
}

/** The parts that measure the machine and its pods, put together. */
export function measureNode(deps: MeasureDeps): {
  sampler: StatsSampler;
  metrics: NodeMetrics;
  counters: KubeletCounters;
} {
  const { config, docker, facts, runtime, pods, registry, probes, clock, log } = deps;
  const { nodeName, pauseImage } = config;
  const cgroups = new CgroupFiles();
  const observeAll = (): ReturnType<DockerRuntime['observeAll']> => runtime.observeAll();
  const sampler = new StatsSampler({
    nodeName,
    cgroups,
    observeAll,
    health: () => readMachineHealth(docker, facts.pidMax),
    diskBytes: facts.diskBytes,
    memoryBytes: facts.memoryBytes,
    pidMax: facts.pidMax,
    clock,
    log,
  });
  const counters = kubeletMetrics({ registry, nodeName, observeAll, desiredPods: () => pods.pods().length });
  const metrics = new NodeMetrics({
    registry,
    probes,
    facts,
    cgroups,
    pauseImage,
    observeAll,
    summary: () => sampler.summary(),
    pods: () => pods.pods(),
    clock,
  });
  return { sampler, metrics, counters };
}
