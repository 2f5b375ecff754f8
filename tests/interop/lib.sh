# What the checks of the peers share; sourced by them.
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
peers=$tests/interop
work=$(mktemp -d)
started=()

# The settings of whoever runs this are not those of the test.
unset "${!FAREBOX_@}"

stop_everything() {
  local pid folder
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  for folder in "$work"/chain-*; do
    [ ! -d "$folder" ] || "$tests/chain/server" stop "$folder"
  done
  rm -rf "$work"
}
trap stop_everything EXIT

# Starts a chain; its URL is in $started_url. The options are those of tests/chain/server.
start_chain() { # start_chain NAME [OPTIONS...]
  started_url=$("$tests/chain/server" start "$work/chain-$1" "${@:2}")
}

# Starts a server that prints its URL as its first line; it is in $started_url. Its log is
# $work/NAME.log.
start_server() { # start_server NAME COMMAND...
  local name=$1 pid
  shift
  : >"$work/$name.out"
  "$@" >"$work/$name.out" 2>"$work/$name.log" </dev/null &
  pid=$!
  started+=("$pid")
  for _ in $(seq 300); do
    started_url=$(sed -n '1s/^\(http:[^ ]*\)$/\1/p' "$work/$name.out")
    [ -z "$started_url" ] || return 0
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  printf '%s did not start:\n' "$name" >&2
  tail -n 20 "$work/$name.log" >&2
  return 1
}

# Passes its input on and shows it to whoever reads why a check failed.
shown() {
  local text
  text=$(cat)
  printf '%s\n' "$text" >&2
  printf '%s\n' "$text"
}

failures=0
# A check that goes on when it fails: finish says how many did.
check() { # check WHAT COMMAND...
  local what=$1
  shift
  if "$@" >"$work/said" 2>&1; then
    printf 'ok      %s\n' "$what"
  else
    printf 'FAILED  %s\n' "$what"
    head -c 4000 "$work/said" | sed 's/^/        /'
    failures=$((failures + 1))
  fi
}

# Other checks, which print lines of their own.
checks() { # checks WHAT COMMAND...
  printf -- '-- %s\n' "$1"
  "${@:2}" || failures=$((failures + 1))
}

finish() {
  [ "$failures" = 0 ] || printf '%d failed\n' "$failures"
  [ "$failures" = 0 ]
}

exactly() { # exactly WANTED FOUND
  [ "$1" = "$2" ] || { printf 'it moved %s and not %s\n' "$2" "$1"; return 1; }
}

# What the seller at PAYTO holds of TOKEN on the chain at RPC.
earned() { "$tests/chain/balance" "$PAYTO" ${TOKEN:+"$TOKEN"}; }

# Runs the command, which must end well and bring the seller exactly this much.
brings() { # brings UNITS COMMAND...
  local before after units=$1
  shift
  before=$(earned) || return 1
  "$@" || { printf 'ended with %s\n' "$?"; return 1; }
  after=$(earned) || return 1
  exactly "$units" $((after - before))
}

# Starts the demo of a farebox program; its URL is in $started_url and its wallet in $PHOENIXD.
start_demo() { # start_demo PROGRAM
  start_server demo "$peers/l402/demo" "$1" "$work/demo"
  PHOENIXD=http://:farebox-demo@$(sed -n 's/^  wallet *http:\/\/\([^ ]*\).*/\1/p' "$work/demo/said")
  export PHOENIXD
}

# What the wallet at PHOENIXD holds, in satoshis.
wallet_balance() {
  local password address
  password=${PHOENIXD#*://:} && password=${password%%@*}
  address=http://${PHOENIXD#*@}
  curl -sS --fail -u ":$password" "${address%/}/getbalance" | jq .balanceSat
}

# Runs the command, which must end well and cost the wallet exactly this much.
costs() { # costs SATS COMMAND...
  local before after sats=$1
  shift
  before=$(wallet_balance) || return 1
  "$@" || { printf 'ended with %s\n' "$?"; return 1; }
  after=$(wallet_balance) || return 1
  exactly "$sats" $((before - after))
}
