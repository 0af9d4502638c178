#!/usr/bin/env bash
# Builds a target of the Dockerfile with docker, buildah or podman, the first
# of these that works, and tags it localhost/sconce:TARGET and :VERSION-TARGET.
#
#   build.sh [TARGET [BUILD_OPTION...]]     cpu (default), cuda, test or sbom
#
# BUILDER=docker|buildah|podman chooses, JOBS=N limits the compilers, PIP_CONF
# and CA name files for pip: its settings and certificates to trust. The list
# of what is in the image, target sbom, is left in build/sbom/.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

works() { # docker|buildah|podman
  case $1 in
    docker) docker version >/dev/null 2>&1 ;;
    buildah | podman) command -v "$1" >/dev/null ;;
    *) false ;;
  esac
}

choose_builder() {
  local candidate
  for candidate in ${BUILDER:-docker buildah podman}; do
    if works "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  echo "make image: none of ${BUILDER:-docker, buildah and podman} works here;" \
    "apt-get install -y buildah podman brings two of them" >&2
  return 1
}

version() {
  sed -n 's/.*kServerVersion.*"\(.*\)".*/\1/p' server/version.h
}

# A commit that is not what is built would be a wrong label.
revision() {
  local commit
  if ! commit=$(git rev-parse HEAD 2>/dev/null); then
    commit=unknown
  elif ! git diff --quiet HEAD; then
    commit+=-changed
  fi
  echo "$commit"
}

target=${1:-cpu}
shift $(($# ? 1 : 0))
builder=$(choose_builder)
version=$(version)
options=(--target "$target" --build-arg "VERSION=$version"
  --build-arg "REVISION=$(revision)")
# Another number is another layer, though it holds the same.
[[ ${JOBS:-$(nproc)} == "$(nproc)" ]] || options+=(--build-arg "JOBS=$JOBS")
[[ -z ${PIP_CONF:-} ]] || options+=(--secret "id=pip_conf,src=$PIP_CONF")
[[ -z ${CA:-} ]] || options+=(--secret "id=ca,src=$CA")
if [[ $target == sbom ]]; then
  options+=(--output "type=local,dest=build/sbom")
else
  options+=(--tag "localhost/sconce:$target"
    --tag "localhost/sconce:$version-$target")
fi
# Without --layers buildah keeps none for the next build.
[[ $builder == docker ]] || options+=(--layers)
# docker before 23 has to be told.
export DOCKER_BUILDKIT=1
"$builder" build "${options[@]}" "$@" .
