# shellcheck shell=bash
# What setup says to a person. Sourced by bootstrap.sh.

say() { printf '==> %s\n' "$*"; }

die() { # WHAT [WHAT_TO_DO...]
  printf 'setup failed: %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '  %s\n' "$@" >&2
  exit 1
}
