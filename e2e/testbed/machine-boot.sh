#!/bin/bash
# Process 1 of a machine's namespaces: gives it a root of its own (an overlay over this computer's, without what an
# ordinary Debian machine would not have), then becomes tini. Arguments: the machine's folder, the testbed's scripts,
# the hierarchies (options=version, one word each) before a --, then absolute paths that the machine must not see.
set -euo pipefail
machine=$1 scripts=$2
shift 2
hierarchies=()
while [[ $1 != -- ]]; do hierarchies+=("$1"); shift; done
shift
disk=$machine/disk root=$machine/root

mount -o loop,discard "$machine/disk.img" "$disk"
first=
if [[ ! -e $disk/booted ]]; then first=yes; fi
mkdir -p "$disk"/{upper,work,docker}

# A character device 0:0 in the upper layer hides the path below it; a folder made over it later starts empty.
hide() {
  local above=${1%/*}
  if [[ ! -e $1 || -e $disk/upper$1 ]]; then return 0; fi
  while [[ $above ]]; do
    if [[ -c $disk/upper$above ]]; then return 0; fi # hidden with the folder it is in
    above=${above%/*}
  done
  mkdir -p "$disk/upper${1%/*}"
  mknod "$disk/upper$1" c 0 0
}
if [[ $first ]]; then
  for path in /*; do
    case ${path#/} in bin | sbin | lib | lib32 | lib64 | libx32 | usr | etc | var | dev | proc | sys | run | tmp) ;; *) hide "$path" ;; esac
  done
  for path in /usr/local /usr/src /var/{log,tmp,cache,backups,mail,www} /var/lib/{docker,containerd,docker-registry,kubelet,wheelhouse} \
    /etc/ssh/ssh_host_* /etc/ssh/sshd_config.d /etc/docker /etc/machine-id /etc/environment "${machine%/*/*}" "$@"; do hide "$path"; done
fi

mount -t overlay testbed -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" "$root"
if [[ $first ]]; then
  mkdir -p "$root"/{boot,home,media,mnt,opt,srv} "$root"/usr/local/{bin,sbin,lib,share} "$root"/var/{log,cache,mail} "$root"/var/lib/docker
  mkdir -p -m 0700 "$root/root"
  mkdir -p -m 1777 "$root/var/tmp"
  cp -a --remove-destination "$machine/seed/." "$root/"
  touch "$disk/booted"
fi
mkdir -p "$root/usr/local/lib/testbed"
cp "$scripts"/machine-{init,service}.sh "$root/usr/local/lib/testbed/"
hostname "$(cat "$root/etc/hostname")"

mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
if [[ ${hierarchies[0]} == *=2 ]]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  # We are in its child `init` (cgroups.ts saw to that): only leaves may hold processes once controllers are handed on.
  sed -e 's/ / +/g' -e 's/^\(.\)/+\1/' "$root/sys/fs/cgroup/cgroup.controllers" > "$root/sys/fs/cgroup/cgroup.subtree_control"
else
  mount -t tmpfs -o mode=755 cgroup "$root/sys/fs/cgroup"
  for hierarchy in "${hierarchies[@]}"; do
    options=${hierarchy%=1} name=${hierarchy%=1}
    name=${name##*name=}
    mkdir "$root/sys/fs/cgroup/$name"
    mount -t cgroup -o "$options" cgroup "$root/sys/fs/cgroup/$name"
    if [[ $name == *,* ]]; then for part in ${name//,/ }; do ln -s "$name" "$root/sys/fs/cgroup/$part"; done; fi
  done
fi

mount -t tmpfs -o mode=755 devices "$root/dev"
for device in null zero full random urandom tty kmsg fuse; do
  if [[ -e /dev/$device ]]; then cp -a "/dev/$device" "$root/dev/"; fi
done
chmod 666 "$root"/dev/{null,zero,full,random,urandom,tty}
if [[ -e /dev/net/tun ]]; then mkdir "$root/dev/net" && cp -a /dev/net/tun "$root/dev/net/"; fi
mkdir "$root"/dev/{pts,shm,mqueue}
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
mount -t mqueue mqueue "$root/dev/mqueue"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"; done
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount --bind "$disk/docker" "$root/var/lib/docker" # overlay2 refuses to lie on an overlay

mkdir -p "$root/oldroot"
cd "$root"
pivot_root . oldroot
cd /
umount -l /oldroot
rmdir /oldroot
mount --make-rshared / # as systemd does: containers may ask for shared and slave mounts
exec tini -s -- /bin/bash /usr/local/lib/testbed/machine-init.sh
