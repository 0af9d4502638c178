#!/usr/bin/env bash
# Builds one of the programs that the tests of deploy/ run, from the Go module
# that its folder here pins, and prints the folder that has it in bin/.
#
#   install.sh TOOL     one of the folders beside this file
#
# `schemas` is no program: what Kubernetes and the add-ons that we have objects
# for say these may contain, see schemas/write_schemas.py.
#
# What failed is on standard error, and the exit status is 1. A tool that is
# there already takes a tenth of a second. Needs .venv (`make setup`).
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sconce/kubernetes
python=$root/.venv/bin/python

# shellcheck source=deploy/toolchain/messages.sh
source "$here/../messages.sh"
# shellcheck source=deploy/toolchain/provide.sh
source "$here/../provide.sh"

tools() { find . -mindepth 2 -name go.mod -printf '%h\n' | cut -c 3- | sort; }

inputs_of() { # TOOL
  [[ -e $1/go.mod ]] || die "no tool '$1'." "There are: $(tools | xargs)."
  echo "$1"/*
}

make_schemas() { # FOLDER GO
  "$2" -C schemas mod download -json |
    "$python" schemas/write_schemas.py "$1"
}

# Every other tool is one: the `tool` lines of its go.mod, built.
fill() { # FOLDER TOOL
  local go ldflags=""
  go=$("$here/../clients/install.sh" go)/bin/go
  if [[ $2 == schemas ]]; then
    make_schemas "$1" "$go"
    return
  fi
  [[ ! -e $2/ldflags ]] || ldflags=$(<"$2/ldflags")
  GOBIN="$1/bin" "$go" -C "$2" install -ldflags="-s -w $ldflags" tool
}

(($# == 1)) || die "install.sh takes the name of one tool."
[[ -x $python ]] || die "there is no .venv; run make setup first."
cd "$here"
inputs_of "$1" >/dev/null
provide "$1"
