#!/usr/bin/env bash
# The GPU check; README.md says what it measures.
#
#   check.sh [--python PYTHON] [--out DIR] [--device cuda|cpu] [--quick]
#            [--sanitizer PATH] [--only SECTION...] [--seconds N]
#
# Runs where `make gpu-bundle` was unpacked. PYTHON 3.11 or later has torch 2.11;
# without it the first that has it of those on the PATH. DIR is $OUT if that is
# set, else gpu-report. --device cpu is a dry run, --quick has tiny models and
# short loads. PATH is compute-sanitizer, where it is not found. N is for all;
# what is left then is skipped.
# Exit codes: 0 all goals met, 1 not so, 2 a wrong call, 77 no GPU.
set -euo pipefail

# We leave this folder. A link stays one: it says which environment it is.
absolute() { if [[ $1 == /* ]]; then echo "$1"; else echo "$PWD/$1"; fi; }

bundle=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${OUT:-gpu-report}
python=
words=()
while (($# > 0)); do
  case $1 in
    -h | --help)
      while read -r line && [[ $line == "#"* ]]; do
        [[ $line == "#!"* ]] || { line=${line#"#"}; echo "${line# }"; }
      done <"${BASH_SOURCE[0]}"
      exit 0
      ;;
    --python | --out | --sanitizer)
      [[ $# -gt 1 ]] || { echo "check.sh: $1 needs a value" >&2; exit 2; }
      case $1 in
        --python) python=$2 ;;
        --out) out=$2 ;;
        --sanitizer) words+=("$1" "$(absolute "$2")") ;;
      esac
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

# Python of the right age, too: gpu_check says Self and StrEnum.
has_torch() {
  "$1" -c 'import sys; assert sys.version_info >= (3, 11)
import torch, numpy' 2>/dev/null
}

candidates=(python3 python python3.{11..14})
[[ -z $python ]] || candidates=("$python")
found=
for each in "${candidates[@]}"; do
  if each=$(command -v "$each") && has_torch "$each"; then
    found=$(absolute "$each")
    break
  fi
done
if [[ -z $found ]]; then
  if [[ -n $python ]]; then
    found="$python has no torch and numpy, or is older than 3.11"
  else
    found="no python3 on the PATH is 3.11 or later and has torch and numpy"
  fi
  echo "check.sh: $found; say --python PATH of one with torch 2.11" >&2
  exit 1
fi

mkdir -p "$out"
out=$(cd "$out" && pwd)
# Should a section hang in spite of its own limits, the whole check ends.
longest=470
cd "$bundle"
exec timeout --kill-after=10 "$((longest - SECONDS))" \
  "$found" -B -m gpu_check --out "$out" --seconds "$((450 - SECONDS))" \
  "${words[@]}"
