# shellcheck shell=bash
# The virtual environment with the pinned packages. It lies in the user's
# cache folder and is shared by all checkouts that pin the same versions; it
# holds none of our own packages. Sourced by bootstrap.sh.

find_python() {
  local candidate
  for candidate in python3 /usr/bin/python3 python3.{11,12,13}; do
    if "$candidate" - 2>/dev/null <<'PYTHON'; then
import ensurepip, sys, venv
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON
      command -v "$candidate"
      return
    fi
  done
  die "no Python 3.11 to 3.13 with a working venv module was found." \
    "apt-get install -y python3 python3-venv brings Debian 12's."
}

require_disk_space() { # FOLDER
  local free_mib
  free_mib=$(df --output=avail -BM "$1" | tail -1 | tr -dc 0-9)
  ((free_mib >= 9000)) ||
    die "the virtual environment needs 9 GB in $1, $free_mib MB are free." \
      "Free some, or name another folder by XDG_CACHE_HOME."
}

# pip says several lines per package; the downloads from 10 MB up are shown as
# they begin, the rest goes to the log.
pip_install() { # VENV REQUIREMENTS LOG
  "$1/bin/python" -m pip install --no-input --progress-bar off -r "$2" 2>&1 |
    tee "$3" |
    sed -unE \
      -e 's/^ *Downloading ([^-]+-[^-]+)-.* \(([0-9]{2,}\..* MB)\)/    \1, \2/p' \
      -e 's/^Installing collected.*/    unpacking, a minute or two/p'
}

make_base_venv() { # VENV PYTHON REQUIREMENTS
  local folder
  folder=$(dirname "$1")
  require_disk_space "$folder"
  say "making the virtual environment: 3 GB to fetch, 6 GB on disk," \
    "3 to 10 minutes"
  rm -rf "$1"
  "$2" -m venv "$1" || die "$2 -m venv $1 did not succeed (see above)."
  local log=$folder/install.log
  if ! pip_install "$1" "$3" "$log"; then
    tail -20 "$log" >&2
    die "pip could not install $3." \
      "The end of its log is above, all of it in $log." \
      "Check the network and the disk, then make again."
  fi
  "$1/bin/python" -m pip check ||
    die "the versions in $3 contradict each other (see above)."
  # A venv holds its own path and cannot be made elsewhere and moved here, so
  # this last file tells a finished one from one that was cut off.
  touch "$1/.complete"
  local others
  others=$(find "$folder" -maxdepth 1 -name 'venv-*' ! -path "$1" \
    -printf '%p ')
  [[ -z $others ]] ||
    say "older ones, for you to remove when no checkout uses them: $others"
}

find_base_venv() { # RESULT_VARIABLE REQUIREMENTS CACHE
  local python version key
  python=$(find_python)
  version=$("$python" -c 'import platform; print(platform.python_version())')
  # Of the pins alone: a changed comment is no reason to fetch 3 GB.
  key=$({ sed 's/ *#.*//' "$2" | sort; echo "$version"; } |
    sha256sum | cut -c -16)
  local venv=$3/venv-$key
  if ! { [[ -e $venv/.complete ]] && "$venv/bin/python" -c ''; }; then
    make_base_venv "$venv" "$python" "$2"
  fi
  printf -v "$1" '%s' "$venv"
}
