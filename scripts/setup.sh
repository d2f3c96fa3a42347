#!/bin/sh
# Brings the real parts that the tests need and this machine lacks. Says what it does; does nothing twice.
set -eu

missing=""
need() { # need COMMAND PACKAGE WHY
  if command -v "$1" >/dev/null 2>&1; then
    echo "setup: $1 is here ($3)"
  else
    echo "setup: $1 is missing ($3): will install the package $2"
    missing="$missing $2"
  fi
}

need strace strace "sees that an acknowledgement follows its fsync"
# The package may start a service of its own; nothing here uses it, the tests start servers on ports of their own.
need redis-server redis-server "the Redis broker and sink are tested against it"

# The gateway is tested on this Node too. It is no dev dependency: its `node` would take the place of Node 24's.
other="test/support/node-26"
wanted=$(sed -n 's/.*"node": "\([0-9.]*\)".*/\1/p' "$other/package.json")
if [ "$("$other/node_modules/node/bin/node" --version 2>/dev/null)" = "v$wanted" ]; then
  echo "setup: Node $wanted is here (the gateway's suite is run on it)"
else
  echo "setup: Node $wanted is missing (the gateway's suite is run on it): npm ci --prefix $other"
  npm ci --prefix "$other" --no-audit --no-fund
fi

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: this machine has no apt-get; install these yourself:$missing" >&2
  exit 1
fi
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
echo "setup: $as_root apt-get install$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of packages
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
