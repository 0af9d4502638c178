#!/usr/bin/env bash
# Runs a command with a storage of images of our own, in the user's cache, and
# with settings for buildah and podman that also work where limits cannot be
# raised and nothing manages cgroups. For the tests of the image and of the
# cluster; `make image` alone uses what the machine is set up for.
#
#   with_storage.sh COMMAND [ARGUMENT...]     e.g. podman images
set -euo pipefail

folder=${XDG_CACHE_HOME:-$HOME/.cache}/sconce/images

# Written anew only when it differs: another process may be reading it.
write() { # FILE, text on standard input
  local text
  text=$(cat)
  [[ -e $1 && $(<"$1") == "$text" ]] || {
    echo "$text" >"$1.$$"
    mv "$1.$$" "$1"
  }
}

# Limits no higher than the caller's: raising them needs a right that a
# container or a small machine may not give. crun refuses machines that mix
# both versions of cgroups, runc does not.
limit() { # NAME NUMBER ULIMIT_OPTION
  local hard
  hard=$(ulimit -H "$3")
  [[ $hard != unlimited && $hard -lt $2 ]] || hard=$2
  echo "\"$1=$hard:$hard\""
}

mkdir -p "$folder/tmp"
write "$folder/storage.conf" <<TOML
[storage]
driver = "overlay"
graphroot = "$folder/storage"
runroot = "$folder/run"
TOML
write "$folder/containers.conf" <<TOML
[containers]
cgroupns = "host"
log_driver = "k8s-file"
default_ulimits = [$(limit nofile 20000 -n), $(limit nproc 20000 -u)]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
TOML
export CONTAINERS_STORAGE_CONF=$folder/storage.conf
export CONTAINERS_CONF=$folder/containers.conf
export TMPDIR=$folder/tmp
export BUILDAH_ISOLATION=chroot
exec "$@"
