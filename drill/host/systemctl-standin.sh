#!/usr/bin/env bash
# The host's `systemctl` where a drill may not ask the machine's own: runs what a unit's ExecStart says, as a plain process.
# It does what lib/host/link.sh and line.sh ask for and refuses everything else. Nobody watches the processes: systemd
# starts a program that has died by itself, here it stays dead until somebody starts it.
#   DRILL_UNITS_DIR  the unit files, as the host's script wrote them, and what runs of them
#   DRILL_SOCKET     what stands for a socket of systemd: its words are followed by the path and the program
set -euo pipefail

fail() { printf 'systemctl: %s\n' "$1" >&2; exit 1; }

now=false
while [[ ${1-} == --* ]]; do
  if [[ $1 != --quiet ]]; then fail "the drill's stand-in does not know $1; add it to drill/host/systemctl-standin.sh"; fi
  shift
done
command=${1-}
if [[ ${2-} == --now ]]; then now=true; fi
unit=${!#}
if [[ $command == daemon-reload ]]; then exit; fi
file=$DRILL_UNITS_DIR/$unit instance=
if [[ $unit == *@* ]]; then
  file=$DRILL_UNITS_DIR/${unit%@*}@.service
  instance=${unit#*@}
  instance=${instance%.service}
fi
if [[ ! -f $file ]]; then fail "Unit $unit not found."; fi
running=$DRILL_UNITS_DIR/$unit.pid
enabled=$DRILL_UNITS_DIR/$unit.enabled

# @param file
# @param key
values() { sed -n "s/^$2=//p" "$1" | sed "s/%i/$instance/g"; }

# Its words are quoted, as the shell's are.
if [[ $unit == *.socket ]]; then
  eval "program=($DRILL_SOCKET '$(values "$file" ListenStream)' $(values "${file%.socket}@.service" ExecStart))"
else
  eval "program=($(values "$file" ExecStart))"
fi

# A process id may long be somebody else's.
is_active() { [[ -s $running ]] && tr '\0' ' ' 2>/dev/null <"/proc/$(<"$running")/cmdline" | grep -qF -- "${program[1]}"; }

# Each must hold; of those with a bar, one.
condition_holds() {
  local one any=
  while read -r one; do
    case $one in
      \|*) if [[ -e ${one#|} ]]; then any=yes; else any=${any:-no}; fi ;;
      *) [[ -e $one ]] || return 1 ;;
    esac
  done < <(values "$file" ConditionPathExists)
  [[ $any != no ]]
}

start() {
  if is_active; then return; fi
  # A unit whose condition does not hold is skipped, and that is no failure.
  condition_holds || return 0
  local variables
  mapfile -t variables < <(values "$file" Environment)
  setsid env "${variables[@]}" "${program[@]}" </dev/null >>"$DRILL_UNITS_DIR/$unit.log" 2>&1 3>&- &
  printf '%s\n' "$!" >"$running"
  # systemd listens by itself, before it says that it has started.
  if [[ $unit == *.socket ]]; then until [[ -S ${program[2]} ]]; do sleep 0.02; done; fi
}

stop() {
  if ! is_active; then return; fi
  local pid deadline=$((SECONDS + 5)) how=TERM
  pid=$(<"$running")
  while is_active; do
    kill -s "$how" "$pid" 2>/dev/null || true
    if ((SECONDS >= deadline)); then how=KILL; fi
    sleep 0.02
  done
  rm -f "$running"
}

case $command in
  start) start ;;
  stop) stop ;;
  reload) if is_active; then kill -HUP "$(<"$running")"; else fail "$unit is not active, cannot reload."; fi ;;
  enable) touch "$enabled" ;;
  disable) rm -f "$enabled"; if [[ $now == true ]]; then stop; fi ;;
  *) fail "the drill's stand-in does not know \"$command\"; add it to drill/host/systemctl-standin.sh" ;;
esac
