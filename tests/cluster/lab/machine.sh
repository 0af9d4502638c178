#!/usr/bin/env bash
# The first process of a machine of the lab. Runs with its own network, mounts,
# process ids and host name, makes them fit for a node of Kubernetes, and then
# only waits for orphans. When it dies, the kernel ends all that runs here.
#
#   machine.sh NAME FOLDER RESOLV_CONF READY
set -euo pipefail
name=$1 folder=$2 resolv_conf=$3 ready=$4

# kubelet hands mounts to containers as shared ones.
mount --make-rshared /
hostname "$name"

# Files that programs insist on having in fixed places are this machine's own.
mkdir -p "$folder"/{cni,containers,kernel}
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /var/lib/cni /var/log/containers
mount --bind "$folder/cni" /var/lib/cni
mount --bind "$folder/containers" /var/log/containers

# The original may be a link into the /run that is no longer seen.
names=$(readlink -m /etc/resolv.conf)
mkdir -p "$(dirname "$names")"
[[ -e $names ]] || touch "$names"
mount --bind "$resolv_conf" "$names"

# kubelet wants these values and would set them for the whole computer.
set_apart() { # SETTING VALUE
  echo "$2" >"$folder/kernel/$1"
  mount --bind "$folder/kernel/$1" "/proc/sys/${1//.//}"
}
set_apart vm.overcommit_memory 1
set_apart vm.panic_on_oom 0
set_apart kernel.panic 10
set_apart kernel.panic_on_oops 1

ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
touch "$ready"

# bash takes the end of any orphan while it waits for a child of its own.
while true; do
  sleep infinity &
  wait "$!" || true
done
