import { MACHINE_DIR } from '../../../shared/agent-config.ts';
import { NFT_TABLE, OWN_INTERFACES, ROUTE_PROTOCOLS } from '../footprint.ts';

/** Every line the script prints that begins with this names something that is still there. */
export const LEFT_PREFIX = 'left: ';

/**
 * The script of the helper container that takes away what containers leave behind: rules, links, mounts, the folder.
 * It runs in the host's network and process namespaces, tries everything, and at the end names what it still finds.
 * `nft` and `ip` come with the image; iptables must be the host's own, because only that knows whether its rules live
 * in the legacy tables or in nftables.
 */
export function cleanScript(podCidr: string): string {
  return String.raw`
# busybox prefers its own applets over the programs of the same name: call those by their full path.
tool() { for dir in /usr/sbin /sbin /usr/bin /bin /usr/local/sbin /usr/local/bin; do [ -x "$dir/$1" ] && { echo "$dir/$1"; return; }; done; echo "$1"; }
NFT=$(tool nft); IP=$(tool ip); NSENTER=$(tool nsenter)
host() { "$NSENTER" -t 1 -m -n -- "$@"; }
iptables() { if host iptables --version >/dev/null 2>&1; then host iptables -w 5 "$@"; else "$(tool iptables)" -w 5 "$@"; fi; }
rules() { iptables -S DOCKER-USER 2>/dev/null | grep -E '^-A DOCKER-USER -[sd] ${addressPattern(podCidr)} -j ACCEPT$'; }
tables() { "$NFT" list tables 2>/dev/null | grep -x 'table [a-z0-9]* ${NFT_TABLE}'; }
links() { "$IP" -o link show | cut -d: -f2 | cut -d@ -f1 | tr -d ' ' | grep -E '${OWN_INTERFACES}'; }
routes() { for mark in ${ROUTE_PROTOCOLS.join(' ')}; do "$IP" route show proto $mark; done; }
mounts() { host cat /proc/self/mounts | awk '$2 == "${MACHINE_DIR}" || index($2, "${MACHINE_DIR}/") == 1 { print $2 }' | sort -r; }

rules | sed 's/^-A/-D/' | while read -r rule; do eval "iptables $rule"; done
tables | while read -r _ family name; do "$NFT" delete table "$family" "$name"; done
links | while read -r name; do "$IP" link delete "$name" 2>/dev/null; done
for mark in ${ROUTE_PROTOCOLS.join(' ')}; do "$IP" route flush proto $mark 2>/dev/null; done
mounts | while read -r point; do host umount -l "$point"; done
# Docker's settings as they were, where the agent changed them and nobody has since.
state=${MACHINE_DIR}/state
if host test -e $state/daemon.json.ours && host cmp -s $state/daemon.json.ours /etc/docker/daemon.json; then
  # dockerd takes no notice of a setting that is gone: it has to be told of the other value first.
  host sh -c 'sed -i "s/\"live-restore\": true/\"live-restore\": false/" /etc/docker/daemon.json; kill -HUP "$(cat /run/docker.pid)"; sleep 1'
  if host test -e $state/daemon.json.before; then host sh -c "cat $state/daemon.json.before > /etc/docker/daemon.json"; else host rm -f /etc/docker/daemon.json; fi
fi
host rm -rf ${MACHINE_DIR}

rules | sed 's/^/${LEFT_PREFIX}packet filter rule /'
tables | sed 's/^/${LEFT_PREFIX}nftables /'
links | sed 's/^/${LEFT_PREFIX}network interface /'
routes | sed 's/^/${LEFT_PREFIX}route /'
mounts | sed 's/^/${LEFT_PREFIX}mount /'
host ls -d ${MACHINE_DIR} 2>/dev/null | sed 's/^/${LEFT_PREFIX}folder /'
exit 0
`;
}

/** What the script still found. */
export function leftIn(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith(LEFT_PREFIX))
    .map((line) => line.slice(LEFT_PREFIX.length));
}

/** A regular expression for the networks inside `cidr`, as iptables prints them: the agent accepts its node's part of it. */
function addressPattern(cidr: string): string {
  const [address = '', bits = '32'] = cidr.split('/');
  const octets = address.split('.').slice(0, Math.floor(Number(bits) / 8));
  return `${octets.map((octet) => `${octet}[.]`).join('')}[0-9.]+/[0-9]+`;
}
