#!/bin/bash
# What a machine does instead of systemd: accounts at the first boot, then sshd and dockerd, then wait for the end.
set -euo pipefail
service=/usr/local/lib/testbed/machine-service.sh
mkdir -p /run/sshd /run/lock /run/user
echo 0 > /proc/sys/net/ipv4/ip_forward # the hard case: Docker, finding it off, closes FORWARD

add_user() { # name, groups; its password is its name where the third argument says so
  if ! id "$1" > /dev/null 2>&1; then useradd --create-home --shell /bin/bash --groups "$2" "$1"; fi
  if [[ ${3-} == password ]]; then echo "$1:$1" | chpasswd; fi
  install -d -m 0700 -o "$1" -g "$1" "/home/$1/.ssh"
  install -m 0600 -o "$1" -g "$1" /root/.ssh/authorized_keys "/home/$1/.ssh/authorized_keys"
}
if [[ ! -e /home/ops ]]; then
  getent group docker > /dev/null || groupadd --system docker
  add_user ops docker password
  add_user nodocker users
  if [[ -d /etc/sudoers.d ]]; then
    add_user sudoer sudo
    add_user sudopass sudo password
    echo 'sudoer ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/testbed
    chmod 0440 /etc/sudoers.d/testbed
  fi
  tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id
fi
touch /run/testbed-accounts

/bin/bash $service start sshd
if command -v dockerd > /dev/null; then /bin/bash $service start dockerd; fi
exec sleep infinity
