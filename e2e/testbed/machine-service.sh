#!/bin/bash
# start | stop | kill a service of a machine: sshd or dockerd. Stopping waits for the end; starting does not wait.
set -euo pipefail
action=$1 service=$2
case $service in
  sshd) pidfile=/run/sshd.pid ;;
  dockerd) pidfile=/run/docker.pid ;;
  *) echo "no service is called $service" >&2; exit 2 ;;
esac

end() {
  if [[ ! -e $pidfile ]]; then return 0; fi
  pid=$(cat $pidfile)
  kill "-$1" "$pid" 2> /dev/null || true
  while [[ -d /proc/$pid ]]; do sleep 0.02; done
  rm -f $pidfile
}

case $action in
  start)
    if [[ -e $pidfile && -d /proc/$(cat $pidfile) ]]; then exit 0; fi
    rm -f $pidfile
    if [[ $service == sshd ]]; then /usr/sbin/sshd; fi
    if [[ $service == dockerd ]]; then setsid dockerd < /dev/null >> /var/log/docker.log 2>&1 & fi
    ;;
  stop) end TERM ;;
  kill) end KILL ;;
  *) echo "usage: start | stop | kill" >&2; exit 2 ;;
esac
