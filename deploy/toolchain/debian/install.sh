#!/usr/bin/env bash
# Takes programs out of a Debian package and prints the folder that has them in
# bin/. For packages that bring a service: where systemd runs, Debian's
# prometheus listens on every interface from the moment it is installed.
#
#   install.sh PACKAGE     one of the files beside this one, which lists them
#
# What failed is on standard error, and the exit status is 1. A package that is
# there already takes a tenth of a second. Needs .venv (`make setup`), and what
# the programs are linked with: it installs no dependencies.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sconce/debian
python=$root/.venv/bin/python

# shellcheck source=deploy/toolchain/messages.sh
source "$here/../messages.sh"
# shellcheck source=deploy/toolchain/provide.sh
source "$here/../provide.sh"

packages() { find . -type f ! -name '*.sh' -printf '%P\n' | sort; }

inputs_of() { # PACKAGE
  [[ $1 != *.sh && -f $1 ]] ||
    die "no package '$1'." "There are: $(packages | xargs)."
  echo "$1"
}

# apt wants the folder to be its user's, or root to say that it need not be.
download() { # FOLDER PACKAGE
  (cd "$1" && apt-get -qq -o APT::Sandbox::User=root download "$2")
}

# The lists of packages are missing on a machine that was made without them.
fill() { # FOLDER PACKAGE
  if ! download "$1" "$2"; then
    apt-get -qq -o DPkg::Lock::Timeout=600 update
    download "$1" "$2"
  fi
  local -a programs
  mapfile -t programs < <(sed '/^#/d; s,^,./,' "$2")
  mkdir "$1/bin"
  dpkg-deb --fsys-tarfile "$1"/*.deb |
    tar -x -C "$1/bin" --strip-components 3 -f - "${programs[@]}"
  rm "$1"/*.deb
}

(($# == 1)) || die "install.sh takes the name of one package."
[[ -x $python ]] || die "there is no .venv; run make setup first."
cd "$here"
inputs_of "$1" >/dev/null
provide "$1"
