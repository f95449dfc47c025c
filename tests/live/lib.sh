# What the scripts of tests/live share: places, processes, builds. Sourced, not run.
#
# VIGIE_LIVE_CACHE  built and downloaded programs (default ~/.cache/vigie-live); kept between runs
# VIGIE_LIVE_RUN    data, logs, certificates and pids of a run (default /tmp/vigie-live-UID); made anew by `up`
set -euo pipefail

LIVE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${VIGIE_LIVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vigie-live}
RUN=${VIGIE_LIVE_RUN:-${TMPDIR:-/tmp}/vigie-live-$(id -u)}
BIN=$CACHE/bin
SYSTEMS=(kubernetes argocd openbao prometheus alertmanager loki)

say() { printf '%s\n' "$*" >&2; }

# fail WHY: the system being handled cannot be had; `up` reports it as skipped.
fail() { say "  $*"; return 1; }

# alone COMMAND...: one at a time among the systems that come up side by side.
alone() { mkdir -p "$CACHE"; (flock 9; "$@") 9>"$CACHE/lock"; }

# install PACKAGE...: Debian packages that are missing, when root (or sudo without a password) can.
install() { alone install_packages "$@"; }
install_packages() {
  local missing=() p
  for p in "$@"; do dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as=(); [ "$(id -u)" = 0 ] || as=(sudo -n)
  "${as[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null 2>&1 ||
    { "${as[@]}" apt-get update -qq >/dev/null 2>&1 && "${as[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null 2>&1; } ||
    fail "Debian packages not to be had: ${missing[*]}"
}

# build MODULE NAME PACKAGE [LDFLAGS]: a Go program of modules/MODULE into the cache; skips what is there.
build() { [ -x "$BIN/$2" ] || alone build_program "$@"; }
build_program() {
  command -v go >/dev/null || { fail "go is not installed"; return 1; }
  mkdir -p "$BIN"
  local began=$SECONDS
  (cd "$LIVE/modules/$1" && CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -p "${JOBS:-2}" -trimpath -ldflags "-s -w ${4:-}" -o "$BIN/$2.new" "$3") >&2 ||
    { fail "$2 does not build"; return 1; }
  mv "$BIN/$2.new" "$BIN/$2"
  say "  $2 built in $((SECONDS - began)) s"
}

# start NAME COMMAND...: a process in the background with its log and pid.
start() {
  local name=$1; shift
  mkdir -p "$RUN/logs" "$RUN/pids"
  setsid "$@" >"$RUN/logs/$name.log" 2>&1 </dev/null &
  echo $! >"$RUN/pids/$name"
}

# alive NAME: fails with the end of the log when the process has ended.
alive() { kill -0 "$(cat "$RUN/pids/$1")" 2>/dev/null || { tail -n 5 "$RUN/logs/$1.log" >&2; fail "$1 ended"; }; }

# until_ok NAME SECONDS COMMAND...: waits until the command succeeds while the process lives.
until_ok() {
  local name=$1 end=$((SECONDS + $2)); shift 2
  until "$@" >/dev/null 2>&1; do
    alive "$name" || return 1
    [ $SECONDS -lt $end ] || { tail -n 5 "$RUN/logs/$name.log" >&2; fail "$name is not ready in time"; return 1; }
    sleep 0.1
  done
}

# free PORT...: fails when something listens there already.
free() {
  local p
  for p in "$@"; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; then fail "port $p is in use (run tests/live/down?)"; return 1; fi
  done
}

# export_to NAME VALUE: a line of the file that tests and shells source.
export_to() { printf 'export %s=%q\n' "$1" "$2" >>"$RUN/env"; }
