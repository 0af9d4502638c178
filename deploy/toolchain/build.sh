#!/usr/bin/env bash
# Configures a CMake build folder when that is due, builds it, and says how
# long that took.
#
#   build.sh FOLDER [CMAKE_OPTION...]     JOBS=N is the number of compilers,
#                                         TARGETS='A B' builds only these
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$1
shift
started=$SECONDS

# The folder in the shared virtual environment, so that a new set of pinned
# packages is a new path and the build does not mix headers of two versions.
torch=$(.venv/bin/python -c '
import importlib.util
print(importlib.util.find_spec("torch").submodule_search_locations[0])')
torch=$(realpath "$torch")
configure=(cmake -S . -B "$folder" -G Ninja "-DSCONCE_TORCH_ROOT=$torch" "$@")

# CMake itself configures anew after a change in a CMakeLists.txt; here it is
# about another command line, or a first configuration that was cut off.
stamp=$folder/configured_with
if [[ ! -e $stamp ]] || [[ $(<"$stamp") != "${configure[*]}" ]]; then
  "${configure[@]}" || {
    printf 'build failed: CMake could not configure %s (see above).\n' \
      "$folder" >&2
    printf '  After a change of compiler or packages: rm -r %s\n' "$folder" >&2
    exit 1
  }
  echo "${configure[*]}" >"$stamp"
fi

read -ra targets <<<"${TARGETS:-all}"
cmake --build "$folder" -j "${JOBS:-$(nproc)}" --target "${targets[@]}" || {
  printf 'build failed: the first error is above; folder %s.\n' "$folder" >&2
  exit 1
}
printf '==> %s built in %d s\n' "$folder" $((SECONDS - started))
