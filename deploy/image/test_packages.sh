#!/usr/bin/env bash
# Makes the shared virtual environment of `make test` ahead of the tree, so
# that a changed source does not make it anew. Run by the Dockerfile.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/toolchain/messages.sh
source "$here/messages.sh"
# shellcheck source=deploy/toolchain/base_venv.sh
source "$here/base_venv.sh"

[[ ! -e /run/secrets/ca ]] || export PIP_CERT=/run/secrets/ca
mkdir -p ~/.cache/sconce
find_base_venv base "$here/requirements.txt" ~/.cache/sconce
# shellcheck disable=SC2154  # find_base_venv sets it
echo "made $base"
