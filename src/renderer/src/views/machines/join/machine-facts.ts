import type { Machine } from '../../../../../shared/api/machine.ts';
import type { NodeRow } from '../../../../../shared/view/rows.ts';
import { exactTime } from '../../../ui/time-text.ts';

/** What is known of a machine, as label and value. */
export function machineFacts(machine: Machine, node: NodeRow | null): { label: string; value: string | undefined }[] {
  const { spec, status } = machine;
  const local = spec?.connection === 'Local';
  return [
    {
      label: 'Connection',
      value: local ? "This computer's Docker" : `SSH to ${spec?.host ?? ''} port ${spec?.port ?? 22}`,
    },
    { label: 'User', value: local ? undefined : (spec?.user ?? 'root') },
    { label: 'Jump host', value: spec?.jump && `${spec.jump.user}@${spec.jump.host}` },
    {
      label: 'Signs in with',
      value: local
        ? undefined
        : spec?.credentialRef
          ? `Secret ${spec.credentialRef.namespace}/${spec.credentialRef.name}`
          : 'SSH agent and default keys of the computer Wheelhouse runs on',
    },
    { label: 'Host key', value: spec?.hostKeySha256 ?? status?.observedHostKeySha256 },
    { label: 'Addresses', value: status?.addresses?.join(', ') },
    { label: 'Agent', value: status?.agentVersion },
    { label: 'System', value: node?.os },
    { label: 'Container runtime', value: node?.runtime },
    { label: 'Kubelet', value: node?.version },
    { label: 'Last connected', value: status?.lastConnectedTime && exactTime(status.lastConnectedTime) },
  ];
}
