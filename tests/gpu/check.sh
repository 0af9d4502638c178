#!/usr/bin/env bash
# The GPU check; README.md says what it measures.
#
#   check.sh [--python PYTHON] [--out DIR] [--device cuda|cpu] [--quick]
#            [--only SECTION...] [--seconds N]
#
# Runs where `make gpu-bundle` was unpacked. PYTHON is one with torch 2.11;
# without it the first that has it of those on the PATH. DIR is $OUT if that is
# set, else gpu-report. --device cpu is a dry run.
# Exit codes: 0 all goals met, 1 not so, 2 a wrong call, 77 no GPU.
set -euo pipefail

bundle=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${OUT:-gpu-report}
python=
words=()
while (($# > 0)); do
  case $1 in
    --python | --out)
      [[ $# -gt 1 ]] || { echo "check.sh: $1 needs a value" >&2; exit 2; }
      if [[ $1 == --python ]]; then python=$2; else out=$2; fi
      shift 2
      ;;
    *)
      words+=("$1")
      shift
      ;;
  esac
done

[[ -x $bundle/bin/sconce-server ]] || {
  echo "check.sh: no $bundle/bin/sconce-server: unpack what" \
       "\`make gpu-bundle\` makes, and run the check.sh in it" >&2
  exit 2
}

has_torch() { "$1" -c 'import torch, numpy' 2>/dev/null; }

if [[ -z $python ]]; then
  for each in python3 python python3.{9..14}; do
    if command -v "$each" >/dev/null && has_torch "$each"; then
      python=$each
      break
    fi
  done
fi
if [[ -z $python ]] || ! has_torch "$python"; then
  echo "check.sh: ${python:-no python3 on the PATH} has no torch and numpy;" \
       "say --python PATH of one with torch 2.11" >&2
  exit 1
fi

mkdir -p "$out"
out=$(cd "$out" && pwd)
# Should a section hang in spite of its own limits, the whole check ends.
longest=470
cd "$bundle"
exec timeout --kill-after=10 "$((longest - SECONDS))" \
  "$python" -B -m gpu_check --out "$out" "${words[@]}"
