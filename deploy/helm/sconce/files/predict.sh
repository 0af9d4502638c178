#!/bin/bash
# Asks the models of a server for predictions; exit status 1 where one gives
# none, or a wrong one. Run by the pod of `helm test`.
#
#   predict.sh HOST MODEL [OPTION...]    of sconce-load, which say how to reach
#                                        the server; MODEL "": all that are
#                                        ready, as /models of HOST tells
set -euo pipefail
host=$1 model=$2
shift 2
tls=${TLS_FOLDER:-/tls}
[[ ! -e $tls/ca.crt ]] || set -- "$@" "--ca=$tls/ca.crt"
[[ ! -e $tls/tls.crt ]] || set -- "$@" "--cert=$tls/tls.crt" "--key=$tls/tls.key"

ready_models() {
  local page
  exec {page}<>"/dev/tcp/$host/${HTTP_PORT:-8002}"
  printf 'GET /models HTTP/1.0\r\n\r\n' >&"$page"
  # The page has a line for each field; repositories have a state, and no name.
  awk -F '"' '
    /^ *\{/ { name = "" }
    $2 == "name" { name = $4 }
    $2 == "state" && $4 == "READY" && name { print name }' <&"$page" | sort -u
}

predict() { # MODEL [OPTION...]
  echo "== $1"
  "${SCONCE_LOAD:-/opt/sconce/bin/sconce-load}" "${@:2}" --model "$1" \
    --closed-loop 1 --warmup 0 --duration 1 --check-every 1 --timeout 20
}

if [[ -n $model ]]; then
  predict "$model" "$@"
  exit
fi

mapfile -t models < <(ready_models)
((${#models[@]})) || { echo "no model is ready at $host" >&2; exit 1; }
predicted=0
for model in "${models[@]}"; do
  status=0
  predict "$model" "$@" || status=$?
  # 2: what it takes cannot be known; of a script the archive does not say it.
  ((status == 0 || status == 2)) || exit "$status"
  ((predicted += status == 0)) || true
done
((predicted)) || {
  echo "no model says what it takes: set test.model and test.args, for example" \
    "--set test.model=${models[0]}" \
    "--set-json 'test.args=[\"--shape=INPUT=1,10\"]' (INPUT is named above;" \
    "other types than FP32: --input=INPUT=[[1,2,3]], see sconce-load --help)" >&2
  exit 1
}
