#!/usr/bin/env bash
# Makes the base image debian:bookworm-slim out of Debian's packages, for
# machines that reach a Debian mirror but no registry of images. It asks the
# mirrors that this machine's apt asks. Does nothing when the image is there.
#
#   base_image.sh     root, debootstrap and podman are needed
set -euo pipefail

image=docker.io/library/debian:bookworm-slim

# Left out, as in the image of that name; licences stay.
not_needed=(/usr/share/{doc,groff,info,lintian,linda,locale,man}/'*')

mirrors() { # lines for sources.list: Debian 12, its updates and its security
  # shellcheck disable=SC2016  # $(...) is for apt-get
  apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) main' \
    'Created-By: Packages' 'Component: main' |
    grep -E ' bookworm(-updates|-security)? main$' | sort -u
}

slim_down() { # ROOTFS
  local root=$1 path
  {
    printf 'path-exclude %s\n' "${not_needed[@]}"
    echo 'path-include /usr/share/doc/*/copyright'
  } >"$root/etc/dpkg/dpkg.cfg.d/slim"
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  for path in "${not_needed[@]:1}"; do
    rm -rf "$root${path%/*}"
  done
  find "$root"/var/lib/apt/lists "$root"/var/cache/apt -type f -delete
  # debootstrap copies both from this machine.
  rm -f "$root"/etc/{resolv.conf,hostname} "$root/var/log/bootstrap.log"
}

make_rootfs() { # ROOTFS
  local mirror
  mirror=$(mirrors | awk '$3 == "bookworm" { print $2; exit }')
  [[ -n $mirror ]] || {
    echo "base_image.sh: /etc/apt names no mirror of Debian 12" >&2
    return 1
  }
  debootstrap --variant=minbase bookworm "$1" "$mirror"
  mirrors >"$1/etc/apt/sources.list"
  slim_down "$1"
}

! podman image exists "$image" || exit 0
work=$(mktemp -d "${TMPDIR:-/tmp}/sconce-base.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
make_rootfs "$work/rootfs" >&2
tar -C "$work/rootfs" --sort=name -c . |
  podman import --quiet --change 'CMD ["bash"]' - "$image" >&2
