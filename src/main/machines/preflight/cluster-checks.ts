import { isOwnInterface } from '../footprint.ts';
import { fail, ok, warn, type Check } from './check.ts';
import { overlaps } from './cidr.ts';

/** Two machines with one hostname, or one machine that joins twice. */
export const hostname: Check = ({ host, nodeName, nodeNameChosen, neighbours }) => {
  if (neighbours.some(({ name }) => name === nodeName)) {
    return fail(
      'hostname',
      `The node name ${nodeName} is taken by another machine.`,
      'Choose another name for this Machine, or set spec.nodeName.',
    );
  }
  const same = neighbours.find(({ machineId }) => machineId !== undefined && machineId === host.machineId);
  if (same) {
    return fail(
      'hostname',
      `This machine has the same machine-id (${host.machineId}) as ${same.name}: it is the same machine, or a copy of its disk.`,
      `If it is another machine, give it an id of its own: \`rm /etc/machine-id && systemd-machine-id-setup\`, then restart it.`,
    );
  }
  const namesake = neighbours.find((other) => other.hostname === host.hostname);
  if (!namesake) return ok('hostname', `The hostname is ${host.hostname}.`);
  const clash = `${namesake.name} has the hostname ${host.hostname} too.`;
  const rename = `Give one of them another: \`hostnamectl set-hostname NAME\``;
  return nodeNameChosen
    ? warn('hostname', `${clash} They are told apart by node name: this one is ${nodeName}.`, `${rename}.`)
    : fail('hostname', clash, `${rename}; or set spec.nodeName to join this one under a name of your choice.`);
};

/** Pod and service addresses must lead nowhere else from this machine. */
export const addressRanges: Check = ({ host, podCidr, serviceCidr }) => {
  const clashes = host.routes
    .filter((route) => !route.cidr.endsWith('/0') && !isOwnInterface(route.device))
    .flatMap((route) =>
      [
        { what: 'pods', cidr: podCidr },
        { what: 'services', cidr: serviceCidr },
      ]
        .filter(({ cidr }) => overlaps(cidr, route.cidr))
        .map(({ what, cidr }) => `${route.cidr} on ${route.device} overlaps the ${cidr} of ${what}`),
    );
  if (clashes.length === 0) return ok('cidr', `${podCidr} for pods and ${serviceCidr} for services are free here.`);
  return fail(
    'cidr',
    `The machine already routes addresses that the cluster uses: ${clashes.join('; ')}.`,
    'Renumber that network (`docker network ls` shows Docker’s own), or start the cluster with other ranges.',
  );
};

/** What an earlier cluster, ours or another's, has left here. */
export const leftovers: Check = ({ host, docker, clusterId }) => {
  const containers = docker.kind === 'answers' ? docker.containers : [];
  const foreign = containers.filter(({ cluster }) => cluster !== clusterId);
  if (foreign.length > 0) {
    const names = foreign.slice(0, 3).map(({ name }) => name);
    const more = foreign.length > 3 ? ` and ${foreign.length - 3} more` : '';
    return fail(
      'leftovers',
      `The machine belongs to another Wheelhouse cluster: ${names.join(', ')}${more}.`,
      'Remove it there first. If that cluster is gone: `docker rm -f $(docker ps -aqf label=wheelhouse.dev/cluster)`.',
    );
  }
  if (host.processes.length > 0) {
    return fail(
      'leftovers',
      `Another Kubernetes runs on the machine: ${host.processes.join(', ')}. Two would fight over ports and rules.`,
      'Stop and remove it first (`k3s-uninstall.sh`, `kubeadm reset`, `snap remove microk8s`).',
    );
  }
  const folders = host.folders.filter((folder) => folder !== '/var/lib/wheelhouse');
  if (folders.length > 0) {
    return warn(
      'leftovers',
      `Another Kubernetes was here: ${folders.join(', ')}.`,
      'Remove the folders if they are not needed.',
    );
  }
  if (containers.length > 0) return ok('leftovers', 'The machine was joined to this cluster before.');
  if (host.folders.length > 0) {
    return warn('leftovers', '/var/lib/wheelhouse is left from an earlier join.', 'What is in it will be replaced.');
  }
  return ok('leftovers', 'No other Kubernetes was found.');
};

/** The host's own packet filter: told, because it is where pods' traffic is usually lost. */
export const firewall: Check = ({ host }) => {
  const iptables = host.iptables ?? 'no iptables';
  if (host.firewall) {
    return warn(
      'firewall',
      `${host.firewall} is on (${iptables}).`,
      `Let UDP 8472 through from the other machines, and trust the pod addresses; or switch ${host.firewall} off.`,
    );
  }
  return ok('firewall', `${iptables}; no host firewall is on.`);
};
