#!/usr/bin/env bash
# Installs what building and testing Sconce needs and the machine lacks: the
# Debian packages and a virtual environment, linked as .venv. Takes well under
# a second when everything is there.
#
#   bootstrap.sh [SECTION...]   sections of debian-packages.txt to install
#                               beside `build` and `test`
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sconce
requirements=$here/requirements.txt

say() { printf '==> %s\n' "$*"; }

die() {
  printf 'setup failed: %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '  %s\n' "$@" >&2
  exit 1
}

packages_of() { # SECTION...
  awk -v wanted=" $* " '
    /^# section:/ { on = index(wanted, " " $3 " ") > 0; next }
    on && NF && !/^#/ { print $1 }' "$here/debian-packages.txt"
}

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
  mapfile -t wanted < <(packages_of "$@")
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

find_python() {
  local candidate
  for candidate in python3 /usr/bin/python3 python3.{11,12,13}; do
    if "$candidate" - 2>/dev/null <<'PYTHON'; then
import ensurepip, sys, venv
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON
      command -v "$candidate"
      return
    fi
  done
  die "no Python 3.11 to 3.13 with a working venv module was found." \
    "apt-get install -y python3 python3-venv brings Debian 12's."
}

require_disk_space() {
  local free_mib
  free_mib=$(df --output=avail -BM "$cache" | tail -1 | tr -dc 0-9)
  ((free_mib >= 8000)) ||
    die "the virtual environment needs 8 GB in $cache, $free_mib MB are free." \
      "Free some, or name another folder by XDG_CACHE_HOME."
}

# pip says several lines per package; the downloads from 10 MB up are shown as
# they begin, the rest goes to the log.
pip_install() { # VENV LOG
  "$1/bin/python" -m pip install --no-input --progress-bar off \
    -r "$requirements" 2>&1 | tee "$2" |
    sed -unE \
      -e 's/^ *Downloading ([^-]+-[^-]+)-.* \(([0-9]{2,}\..* MB)\)/    \1, \2/p' \
      -e 's/^Installing collected.*/    unpacking, a minute or two/p'
}

make_venv() { # VENV PYTHON
  require_disk_space
  say "making the virtual environment: 3 GB to fetch, 5 GB on disk," \
    "3 to 10 minutes"
  rm -rf "$1"
  "$2" -m venv "$1" || die "$2 -m venv $1 did not succeed (see above)."
  local log=$cache/install.log
  if ! pip_install "$1" "$log"; then
    tail -20 "$log" >&2
    die "pip could not install $requirements." \
      "The end of its log is above, all of it in $log." \
      "Check the network and the disk, then make again."
  fi
  "$1/bin/python" -m pip check ||
    die "the versions in $requirements contradict each other (see above)."
  # A venv holds its own path and cannot be made elsewhere and moved here, so
  # this last file tells a finished one from one that was cut off.
  touch "$1/.complete"
  local others
  others=$(find "$cache" -maxdepth 1 -name 'venv-*' ! -path "$1" -printf '%p ')
  [[ -z $others ]] ||
    say "older ones, for you to remove when no checkout uses them: $others"
}

provide_venv() {
  local python version key
  python=$(find_python)
  version=$("$python" -c 'import platform; print(platform.python_version())')
  # Of the pins alone: a changed comment is no reason to fetch 3 GB.
  key=$({ sed 's/ *#.*//' "$requirements" | sort; echo "$version"; } |
    sha256sum | cut -c -16)
  local venv=$cache/venv-$key
  [[ ! -e $root/.venv || -L $root/.venv ]] ||
    die "$root/.venv is not a link." "Move it away, then make again."
  mkdir -p "$cache" || die "cannot make the folder $cache."
  exec {lock}>"$cache/lock"
  flock -n "$lock" || {
    say "another make is at the virtual environment; waiting for it"
    flock "$lock"
  }
  if ! { [[ -e $venv/.complete ]] && "$venv/bin/python" -c ''; }; then
    make_venv "$venv" "$python"
  fi
  [[ $(readlink "$root/.venv" || true) == "$venv" ]] ||
    ln -sfn "$venv" "$root/.venv"
  exec {lock}>&-
}

started=$SECONDS
install_packages build test "$@"
provide_venv
((SECONDS - started < 5)) || say "setup took $((SECONDS - started)) s"
