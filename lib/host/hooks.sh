# Hooks: programs of the operator that run before and after a start or a stop.
# They are executables named before-start, after-start, before-stop and after-stop in the folder of the service. They run
# when a container is started or stopped, not when there is nothing to do, and not when Docker itself starts it.
# A before-hook that fails vetoes the action; an after-hook that fails undoes nothing.

hooks_dir=${FAILOVER_HOOKS_DIR:-/etc/hybrid-failover/hooks}/$SERVICE
# Those that were deployed (HOOKS, an array of NAME=BASE64) take the place of all that was put there by hand.
if ((${#HOOKS[@]} > 0)); then hooks_dir=$state_dir/$SERVICE.hooks; fi

# A host that was replaced has them with its first command.
install_hooks() {
  local entry file
  if ((${#HOOKS[@]} == 0)); then return; fi
  rm -rf "$hooks_dir"
  mkdir -p -m 700 "$hooks_dir" || fail "$ACTION: cannot write $hooks_dir; is the disk full?"
  for entry in "${HOOKS[@]}"; do
    file=$hooks_dir/${entry%%=*}
    { base64 -d <<<"${entry#*=}" >"$file" && chmod 700 "$file"; } 2>/dev/null ||
      fail "$ACTION: cannot write the hook $file; is the disk full?"
  done
}

# Sets hook_code and hook_said, the last line it said; code 0 if there is no such hook.
run_hook() {
  local name=$1 file=$hooks_dir/$1 output=$run_dir/$SERVICE.$1 began=$SECONDS group left_out
  hook_code=0 hook_said=
  if [[ ! -f $file ]]; then return; fi
  if [[ ! -x $file ]]; then printf 'hook %s is skipped: %s is not executable\n' "$name" "$file"; return; fi
  # Into a file, because a pipe would be held open by what the hook leaves running.
  ACTION=${1#*-} EPOCH=$EPOCH SERIAL=$SERIAL SERVICE=$SERVICE PORT=$LOOPBACK_PORT \
    timeout -k 2 "$HOOK_TIMEOUT_SECONDS" "$file" >"$output" 2>&1 </dev/null 3>&- 9>&- &
  group=$!
  wait "$group" 2>/dev/null || hook_code=$?
  hook_said=$(grep -v '^[[:space:]]*$' "$output" | tail -n 1 | cut -c 1-200) || true
  # SSM keeps 24,000 characters, and the line for the control plane must be among them.
  left_out=$(($(wc -l <"$output") - 50))
  if ((left_out > 0)); then printf 'hook %s: (%s earlier lines are left out)\n' "$name" "$left_out"; fi
  tail -n 50 "$output" | cut -c 1-200 | sed "s/^/hook $name: /"
  rm "$output"
  # timeout says 124, or 137 if it had to kill: itself too, because it is one of the group.
  if ((hook_code == 124 || hook_code == 137)) && ((SECONDS - began >= HOOK_TIMEOUT_SECONDS)); then
    # A child that ignores SIGTERM outlives a hook that does not.
    kill -KILL -- "-$group" 2>/dev/null || true
    hook_code=124 hook_said="not done after $HOOK_TIMEOUT_SECONDS s and killed${hook_said:+; it last said: $hook_said}"
  fi
  hook_said=${hook_said:-it said nothing}
}
# @param start or stop, which is not always the command: a wake starts too
before() {
  run_hook "before-$1"
  if ((hook_code == 0)); then return; fi
  failed_because="vetoed by before-$1 (exit code $hook_code): $hook_said"
  printf '%s: %s\n' "$1" "$failed_because" >&2
  exit 4
}
after() {
  run_hook "after-$1"
  if ((hook_code == 0)); then return; fi
  printf 'hook after-%s failed (exit code %s): %s\n' "$1" "$hook_code" "$hook_said"
}
