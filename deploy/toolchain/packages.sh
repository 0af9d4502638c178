#!/usr/bin/env bash
# Prints the packages of sections of debian-packages.txt, one a line. For
# bootstrap.sh and the Dockerfile.
#
#   packages.sh SECTION...
set -euo pipefail

awk -v wanted=" $* " '
  /^# section:/ { on = index(wanted, " " $3 " ") > 0; next }
  on && NF && !/^#/ { print $1 }' "$(dirname "$0")/debian-packages.txt"
