# shellcheck shell=bash
# The .venv of one checkout: a thin virtual environment that sees the packages
# of the shared one below it and holds our own packages, installed as editable
# so that the checkout's sources are what runs. Sourced by bootstrap.sh.

our_packages=(client/python models)

# Python puts the folders named in a .pth file behind its own site-packages;
# addsitedir also reads the .pth files of the shared environment.
show_base_packages() { # VENV BASE
  local site base_site
  site=$("$1/bin/python" -c 'import sysconfig
print(sysconfig.get_path("purelib"))')
  base_site=$2${site#"$1"}
  echo "import site; site.addsitedir('$base_site')" >"$site/base.pth"
}

# The tools of the shared environment, run by this checkout's Python; what is
# no Python script is linked.
offer_base_tools() { # VENV BASE
  local tool name
  for tool in "$2"/bin/*; do
    name=${tool##*/}
    [[ ! -e $1/bin/$name && -f $tool ]] || continue
    # A shebang that is too long for the kernel is spread over three lines.
    if head -c 1024 "$tool" | head -3 | grep -qaF "$2/bin/python"; then
      sed "1,3s|$2/bin/|$1/bin/|" "$tool" >"$1/bin/$name"
      chmod +x "$1/bin/$name"
    else
      ln -s "$tool" "$1/bin/$name"
    fi
  done
}

make_checkout_venv() { # VENV BASE
  # A link is how older checkouts had it.
  rm -rf "$1"
  "$2/bin/python" -m venv --without-pip "$1" ||
    die "$2/bin/python -m venv $1 did not succeed (see above)."
  show_base_packages "$1" "$2"
  offer_base_tools "$1" "$2"
  echo "$1 $2" >"$1/.made_for"
}

install_our_packages() { # ROOT VENV
  local package
  local -a editable=()
  for package in "${our_packages[@]}"; do
    editable+=(-e "$1/$package")
  done
  say "installing our own packages into .venv"
  "$2/bin/python" -m pip install --quiet --no-input --no-deps \
    --no-build-isolation --disable-pip-version-check "${editable[@]}" ||
    die "pip could not install ${our_packages[*]} (see above)." \
      "Check the pyproject.toml there, then make again."
}

# A package's sources need no new installation. Its pyproject.toml does, which
# the commands and their entry points are written from, and so does what the
# client's build step makes its wire.binpb of.
declaration_of() { # ROOT
  (cd "$1" && sha256sum "${our_packages[@]/%//pyproject.toml}" \
    client/python/setup.py proto/inference/*.proto proto/management/v1/*.proto)
}

provide_checkout_venv() { # ROOT BASE
  local venv=$1/.venv declared
  # The path is written into scripts, so a moved checkout gets a new one.
  if [[ -L $venv || ! -e $venv/.made_for ]] ||
    [[ $(<"$venv/.made_for") != "$venv $2" ]]; then
    [[ ! -e $venv || -L $venv || -e $venv/pyvenv.cfg ]] ||
      die "$venv is no virtual environment." "Move it away, then make again."
    make_checkout_venv "$venv" "$2"
  fi
  declared=$(declaration_of "$1")
  if [[ ! -e $venv/.declared ]] || [[ $(<"$venv/.declared") != "$declared" ]]
  then
    install_our_packages "$1" "$venv"
    echo "$declared" >"$venv/.declared"
  fi
}
