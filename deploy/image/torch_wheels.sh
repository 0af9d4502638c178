#!/usr/bin/env bash
# Installs LibTorch into a virtual environment of its own: torch's wheel and
# the NVIDIA libraries that the image is to have, in the versions that torch
# asks for. Run by the Dockerfile.
#
#   torch_wheels.sh VENV TORCH cpu|headers|cuda     TORCH e.g. torch==2.11.0
#
# `headers` has what `cpu` has and what CUDA's headers lack without nvcc.
# A file /run/secrets/ca has certificates that pip is to trust.
set -euo pipefail

venv=$1 torch=$2 kind=$3

install() { # REQUIREMENT...
  "$venv/bin/python" -m pip install --no-input --disable-pip-version-check \
    --progress-bar off --no-compile "$@"
}

# libtorch_cpu.so does not load without the run-time library and the profiling
# library of CUDA, though without a GPU nothing calls them.
needs_of_torch() { # cpu|headers|cuda
  "$venv/bin/python" - "$1" <<'PYTHON'
import importlib.metadata
import re
import sys

PARTS = {"cpu": "cudart,cupti", "headers": "cudart,cupti,crt"}

for line in importlib.metadata.requires("torch"):
    requirement = line.split(";")[0].strip()
    toolkit = re.fullmatch(r"cuda-toolkit\[.*\]==(.*)", requirement)
    if toolkit and sys.argv[1] in PARTS:
        print(f"cuda-toolkit[{PARTS[sys.argv[1]]}]=={toolkit[1]}")
    elif sys.argv[1] == "cuda" and (toolkit or requirement[:7] == "nvidia-"):
        print(requirement)
PYTHON
}

[[ ! -e /run/secrets/ca ]] || export PIP_CERT=/run/secrets/ca
[[ -e $venv ]] || python3 -m venv "$venv"
install --no-deps "$torch"
needs=$(needs_of_torch "$kind")
[[ -n $needs ]] || {
  echo "torch_wheels.sh: $torch asks for no CUDA libraries" >&2
  exit 1
}
mapfile -t wanted <<<"$needs"
install "${wanted[@]}"
