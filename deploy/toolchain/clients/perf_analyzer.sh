# shellcheck shell=bash
# perf_analyzer, whose wheel asks for a newer C library than Debian 12 has:
# Debian 13's libraries are unpacked beside it, and their loader runs it.
# Nothing of this machine's own is changed. Sourced by install.sh.

debian_13_libraries=(libc6 libstdc++6 libgcc-s1 libssl3t64 zlib1g libzstd1)

make_perf_analyzer() { # FOLDER
  install_wheel "$1/wheel" perf_analyzer.txt --platform manylinux_2_38_x86_64
  unpack_debian_13 "$1/debian"
  mkdir "$1/bin"
  write_perf_analyzer_command "$1" >"$1/bin/perf_analyzer"
  chmod +x "$1/bin/perf_analyzer" "$1"/wheel/perf_analyzer/bin/*
  "$1/bin/perf_analyzer" --version
}

# Packages of a release that lives on have no version to pin: an old one is
# gone with the next point release. apt holds them to Debian's signature.
unpack_debian_13() { # FOLDER
  local mirror
  # shellcheck disable=SC2016  # $(...) is for apt-get
  mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Release: bookworm' 'Component: main' | head -1)
  [[ -n $mirror ]] ||
    die "perf_analyzer needs libraries of Debian 13, and /etc/apt names no" \
      "mirror of Debian 12 that they could be had from."
  mkdir -p "$1"/state/lists/partial "$1"/cache/archives/partial "$1"/packages
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
    "$mirror trixie main" >"$1/sources.list"
  private_apt "$1" -qq update
  (cd "$1/packages" &&
    private_apt "$1" -qq download "${debian_13_libraries[@]}")
  local package
  for package in "$1"/packages/*.deb; do
    dpkg-deb --extract "$package" "$1/root"
  done
  rm -rf "$1"/{state,cache,packages}
}

private_apt() { # FOLDER APT_GET_ARGUMENT...
  local folder=$1
  shift
  apt-get -o "Dir::State=$folder/state" -o Dir::State::status=/dev/null \
    -o "Dir::Cache=$folder/cache" \
    -o "Dir::Etc::SourceList=$folder/sources.list" \
    -o Dir::Etc::SourceParts=/dev/null -o "APT::Sandbox::User=$(id -un)" "$@"
}

write_perf_analyzer_command() { # FOLDER
  local libraries=$1/debian/root/usr/lib/x86_64-linux-gnu
  cat <<SHELL
#!/bin/sh
exec '$libraries/ld-linux-x86-64.so.2' --library-path '$libraries' \\
  '$1/wheel/perf_analyzer/bin/perf_analyzer' "\$@"
SHELL
}
