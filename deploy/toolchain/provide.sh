# shellcheck shell=bash
# Tools in folders of the user's cache, each made once for what it depends on.
# Sourced by the install.sh of the folders beside it, which set `cache` and
# `python`, stand in their own folder and define for each tool
#   inputs_of TOOL          the files on which its folder depends
#   fill FOLDER TOOL        what makes its files

# shellcheck disable=SC2154  # install.sh sets `cache` and `python`
key_of() { # TOOL
  local -a inputs
  read -ra inputs <<<"$(inputs_of "$1")"
  { cat "${inputs[@]}" && "$python" -VV; } | sha256sum | cut -c -16
}

# shellcheck disable=SC2154
provide() { # TOOL
  local key folder lock
  key=$(key_of "$1")
  folder=$cache/$1-$key
  mkdir -p "$cache"
  exec {lock}>"$cache/lock-$1"
  flock "$lock"
  # A venv and npm write their own path into files, so it is made in place;
  # the last file tells a finished folder from one that was cut off.
  if [[ ! -e $folder/.complete ]]; then
    rm -rf "$folder"
    mkdir "$folder"
    # No `|| die` here: it would make the function go on after a failure.
    installing=$1
    trap 'die "$installing could not be installed (see above)."' EXIT
    fill "$folder" "$1" >&2
    trap - EXIT
    touch "$folder/.complete"
  fi
  exec {lock}>&-
  echo "$folder"
}
