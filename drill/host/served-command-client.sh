#!/usr/bin/env bash
# A command of the host that the drill's process carries out: passes the arguments on, and what comes back. It is
# small because clients wait while the host's scripts call it: a whole Node each time took longer than Docker's client.
#   DRILL_COMMANDS_PORT DRILL_COMMANDS_TOKEN  where to ask, on the loopback address, and what opens it
set -euo pipefail
# Lengths are in bytes.
LC_ALL=C
exec 3<>"/dev/tcp/127.0.0.1/$DRILL_COMMANDS_PORT"
printf '%s\0' "$DRILL_COMMANDS_TOKEN" "${0##*/}" "$#" "$@" >&3
read -r exit_code length <&3
if ((length > 0)); then
  IFS= read -r -N "$length" stdout <&3
  printf '%s' "$stdout"
fi
# To its end, which counts as a failure of read.
IFS= read -r -d '' stderr <&3 || true
printf '%s' "$stderr" >&2
exit "$exit_code"
