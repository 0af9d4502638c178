#!/usr/bin/env bash
# Installs what building and testing Sconce needs and the machine lacks: the
# Debian packages, the shared virtual environment with the pinned packages
# (base_venv.sh), and this checkout's .venv on top of it (checkout_venv.sh).
# Takes well under a second when everything is there.
#
#   bootstrap.sh [SECTION...]   sections of debian-packages.txt to install
#                               beside `build` and `test`
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sconce

# shellcheck source=deploy/toolchain/messages.sh
source "$here/messages.sh"
# shellcheck source=deploy/toolchain/base_venv.sh
source "$here/base_venv.sh"
# shellcheck source=deploy/toolchain/checkout_venv.sh
source "$here/checkout_venv.sh"

missing_of() { # PACKAGE...
  # dpkg-query leaves out packages that dpkg has never heard of.
  local installed
  # shellcheck disable=SC2016  # ${...} is for dpkg-query
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" \
    2>/dev/null || true)
  local package
  for package in "$@"; do
    grep -qxF "$package installed" <<<"$installed" || echo "$package"
  done
}

install_packages() { # SECTION...
  command -v dpkg-query >/dev/null ||
    die "this machine has no dpkg; the tool chain is Debian 12's." \
      "Use a Debian 12 machine or container."
  local -a wanted missing as_root=()
  mapfile -t wanted < <("$here/packages.sh" "$@")
  mapfile -t missing < <(missing_of "${wanted[@]}")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "Debian packages are missing and there is no sudo here." \
        "Run this as root, then make again:" \
        "apt-get update && apt-get install -y ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local -a apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get
    -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 -q)
  "${apt[@]}" update ||
    die "apt-get update did not succeed (see above)." \
      "Check the network and the files in /etc/apt, then make again."
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install: ${missing[*]} (see above)." \
      "Run the same with apt-get by hand to see why, then make again."
}

# One setup at a time: checkouts share the cache folder.
provide_python() {
  mkdir -p "$cache" || die "cannot make the folder $cache."
  local lock
  exec {lock}>"$cache/lock"
  flock -n "$lock" || {
    say "another make is at the virtual environment; waiting for it"
    flock "$lock"
  }
  local base
  find_base_venv base "$here/requirements.txt" "$cache"
  provide_checkout_venv "$root" "$base"
  exec {lock}>&-
}

started=$SECONDS
install_packages build test "$@"
provide_python
((SECONDS - started < 5)) || say "setup took $((SECONDS - started)) s"
