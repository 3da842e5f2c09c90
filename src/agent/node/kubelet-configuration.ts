import type { AgentConfig } from '../../shared/agent-config.ts';

/** The settings this agent goes by, under KubeletConfiguration's names: upstream's defaults. Units as upstream writes them. */
export const KUBELET_SETTINGS = {
  maxPods: 110,
  nodeStatusUpdateFrequency: '10s',
  nodeStatusReportFrequency: '5m0s',
  nodeLeaseDurationSeconds: 40,
  imageMinimumGCAge: '2m0s',
  imageGCHighThresholdPercent: 85,
  imageGCLowThresholdPercent: 80,
  evictionHard: {
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
    'pid.available': '100',
  },
  evictionPressureTransitionPeriod: '5m0s',
  containerLogMaxSize: '10Mi',
  containerLogMaxFiles: 5,
  systemReserved: { cpu: '50m', memory: '100Mi' },
} as const;

/** What `/configz` shows as `kubeletconfig`. */
export function kubeletConfiguration({ clusterDomain }: AgentConfig): Record<string, unknown> {
  return {
    ...KUBELET_SETTINGS,
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    clusterDomain,
    serializeImagePulls: false,
    failSwapOn: false,
  };
}
