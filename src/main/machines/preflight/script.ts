/**
 * The script that looks a machine over, run as `sh -s` in one round trip. It changes nothing, needs no rights, and only
 * POSIX sh with what every Linux has. Facts are `name=value` lines; `@name` opens a section of raw lines.
 * The time is told first and last, so that the time the script itself takes does not count as skew.
 */
export const PREFLIGHT_SCRIPT = String.raw`
PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin"
LC_ALL=C
export PATH LC_ALL
say() { printf '%s=%s\n' "$1" "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
first_line() { head -n 1 "$1" 2>/dev/null; }

echo 'wheelhouse-preflight begin'
say time-begin "$(date +%s.%N)"
say system "$(uname -s)"
say architecture "$(uname -m)"
say kernel "$(uname -r)"
say os "$(. /etc/os-release 2>/dev/null; printf %s "$PRETTY_NAME")"
say hostname "$(first_line /proc/sys/kernel/hostname)"
say machine-id "$(first_line /etc/machine-id)"
say uid "$(id -u)"
say user "$(id -un)"
say groups "$(id -Gn)"
say connection "$SSH_CONNECTION"

if [ -S /var/run/docker.sock ]; then
  say docker-socket present
  if [ -r /var/run/docker.sock ] && [ -w /var/run/docker.sock ]; then say docker-socket-access yes; else say docker-socket-access no; fi
  say docker-socket-group "$(stat -c %G /var/run/docker.sock 2>/dev/null)"
else
  say docker-socket missing
fi
for program in dockerd podman snap; do has $program && say "has-$program" "$(command -v $program)"; done
[ -d /var/snap/docker ] && say has-snap-docker yes

if [ "$(id -u)" = 0 ]; then say sudo root
elif ! has sudo; then say sudo none
elif sudo -n true 2>/dev/null; then say sudo free
else say sudo password
fi

for folder in /var/lib/docker /var/lib/wheelhouse; do
  existing=$folder
  while [ ! -e "$existing" ]; do existing=$(dirname "$existing"); done
  say "disk-free:$folder" "$(df -Pk "$existing" 2>/dev/null | awk 'NR == 2 { print $4 }')"
done
say memory-total "$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)"
say memory-available "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)"

if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  say cgroup-version 2
  say cgroup-controllers "$(cat /sys/fs/cgroup/cgroup.controllers)"
else
  say cgroup-version 1
  say cgroup-controllers "$(awk '!/^#/ && $4 == 1 { printf "%s ", $1 }' /proc/cgroups)"
fi

if has iptables; then say iptables "$(iptables --version 2>/dev/null)"; fi
grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf && say firewall ufw
for folder in /etc/kubernetes /var/lib/kubelet /var/lib/rancher/k3s /var/snap/microk8s /var/lib/wheelhouse; do
  [ -d "$folder" ] && say "folder:$folder" yes
done
for file in /proc/[0-9]*/comm; do
  read -r name 2>/dev/null < "$file" || continue
  case "$name" in
    kubelet|kube-proxy|k3s|k3s-server|k3s-agent|k0s|microk8s*|firewalld|dockerd) say "process:$name" yes ;;
  esac
done

while read -r _ _ _ _ point options rest; do
  case "$point" in /|/var|/var/lib|/var/lib/wheelhouse)
    case "$rest" in *shared:*) say "mount:$point" shared ;; *) say "mount:$point" private ;; esac ;;
  esac
done < /proc/self/mountinfo
echo '@routes'
cat /proc/net/route
echo '@end'
say time-end "$(date +%s.%N)"
echo 'wheelhouse-preflight end'
`;
