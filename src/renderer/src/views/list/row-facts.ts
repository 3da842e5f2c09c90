import type { Row } from '../../../../shared/view/rows.ts';
import { bytesText, coresText } from '../../ui/quantity-text.ts';

export interface Fact {
  label: string;
  value: string | undefined;
  mono?: boolean;
}

const ofCapacity = (
  format: (value: number) => string,
  used: number | undefined,
  requested: number,
  capacity: number,
): string =>
  `${used === undefined ? '' : `${format(used)} used, `}${format(requested)} requested of ${format(capacity)}`;

/** What the inspector says of a row, beyond its name and state. */
export function factsOf(row: Row): Fact[] {
  switch (row.resource) {
    case 'pods':
      return [
        { label: 'Ready', value: `${row.ready} of ${row.total} containers` },
        { label: 'Restarts', value: String(row.restarts) },
        { label: 'Node', value: row.node },
        { label: 'Address', value: row.ip, mono: true },
        { label: 'Owner', value: row.owner },
        { label: 'Images', value: row.images.join('\n'), mono: true },
        { label: 'CPU', value: row.cpu === undefined ? undefined : coresText(row.cpu) },
        { label: 'Memory', value: row.memory === undefined ? undefined : bytesText(row.memory) },
      ];
    case 'deployments':
      return [
        { label: 'Ready', value: `${row.ready} of ${row.desired}` },
        { label: 'Up to date', value: String(row.updated) },
        { label: 'Available', value: String(row.available) },
        { label: 'Revision', value: row.revision },
        { label: 'Images', value: row.images.join('\n'), mono: true },
      ];
    case 'replicasets':
      return [
        { label: 'Ready', value: `${row.ready} of ${row.desired}` },
        { label: 'Owner', value: row.owner },
        { label: 'Revision', value: row.revision },
        { label: 'Images', value: row.images.join('\n'), mono: true },
      ];
    case 'nodes':
      return [
        { label: 'Scheduling', value: row.schedulable ? 'New Pods may come' : 'Cordoned: no new Pods' },
        { label: 'Address', value: row.address, mono: true },
        { label: 'Pods', value: `${row.podCount} of ${row.podCapacity}` },
        { label: 'CPU', value: ofCapacity(coresText, row.cpuUsed, row.cpuRequested, row.cpuAllocatable) },
        { label: 'Memory', value: ofCapacity(bytesText, row.memoryUsed, row.memoryRequested, row.memoryAllocatable) },
        { label: 'Version', value: row.version },
        { label: 'System', value: row.os },
        { label: 'Runtime', value: row.runtime },
        { label: 'Machine', value: row.machine },
      ];
    case 'machines':
      return [
        { label: 'Address', value: row.address, mono: true },
        { label: 'User', value: row.user },
        { label: 'Phase', value: row.phase },
        { label: 'Node', value: row.nodeName },
        { label: 'Message', value: row.message },
      ];
    case 'events':
      return [
        { label: 'Type', value: row.type },
        { label: 'Reason', value: row.reason },
        { label: 'About', value: row.about },
        { label: 'Message', value: row.message },
        { label: 'Seen', value: `${row.count} times` },
        { label: 'Source', value: row.source },
      ];
    case 'namespaces':
      return [{ label: 'Pods', value: String(row.podCount) }];
    case 'configmaps':
    case 'secrets':
    case 'serviceaccounts':
      return [
        { label: 'Type', value: row.type },
        { label: 'Keys', value: row.keys.join('\n'), mono: true },
      ];
  }
}
