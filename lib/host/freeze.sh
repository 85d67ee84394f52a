# Frozen: a container that is started once, proven healthy, and paused with its memory kept. To thaw it takes a moment, where
# a start may take a minute.
# Settings from the document, in addition to those of base.sh:
#   SLEEP  stopped | frozen

# There while the container sleeps frozen.
frozen_file=$state_dir/$SERVICE.frozen
# Its pooled connections have died meanwhile, and its clock has jumped. So long it may take to notice, in seconds.
thaw_patience=3

# False if there is nothing to thaw, or it does not answer then: it has to be started anew.
thaw() {
  rm -f "$frozen_file"
  # After a reboot it may run: docker starts it then.
  if ! docker_says unpause "$container" && ! is_running; then
    say "$container could not be thawed: $docker_said"
    return 1
  fi
  local deadline=$((SECONDS + thaw_patience))
  until healthy; do
    if ((SECONDS >= deadline)); then say "$container does not answer $thaw_patience s after it was thawed"; return 1; fi
    sleep 0.02
  done
}

# A container that is paused can be neither stopped nor started.
unfreeze() {
  rm -f "$frozen_file"
  docker_says unpause "$container" || true
}

# Holds the lock, and nobody needs the container.
freeze() {
  if [[ $SLEEP != frozen ]]; then
    if [[ -e $frozen_file ]]; then
      unfreeze
      docker_says stop -t "$STOP_GRACE_SECONDS" "$container" || fail "$ACTION: docker stop of $container failed: $docker_said"
    fi
    return 0
  fi
  look
  if [[ $status == paused && -e $frozen_file ]]; then return; fi
  fits_memory
  if [[ $status == paused ]]; then unfreeze; fi
  if ! is_running || ! healthy; then
    restart_container || fail "$ACTION: docker restart of $container failed: $docker_said"
    await_answer
  fi
  pause
  say "$container is frozen"
}

pause() {
  docker_says pause "$container" || fail "$ACTION: docker pause of $container failed: $docker_said"
  remember "$frozen_file" "$(date +%s)"
}

# Frozen containers keep their memory; all of them together must leave some to the host.
fits_memory() {
  local kib limit all=0 file name own='' most
  read -r _ kib _ </proc/meminfo
  most=$((kib / 1024 * 85 / 100))
  for file in "$frozen_file" "$state_dir"/*.frozen; do
    name=${file##*/} name=${name%.frozen}
    # Its own counts once, whether it is frozen yet or not.
    if [[ $name == '*' || $name == "$own" ]]; then continue; fi
    if [[ $name == "$SERVICE" ]]; then own=$name; fi
    limit=$(run_docker container inspect --format "$open.HostConfig.Memory$close" "failover-$name" 2>/dev/null) || continue
    all=$((all + limit / 1048576))
  done
  ((all <= most)) ||
    fail "$ACTION: the frozen containers of this host may take $all MiB, of which it has $most to give; set container.memoryMiB lower, take a larger instance, or let the service sleep stopped"
}

# Is what is frozen still of use? One that does not answer is started anew by the next "prepare".
look_at_frozen() {
  if [[ ! -e $frozen_file ]]; then return; fi
  if thaw; then pause; return; fi
  ACTION=prepare note_trouble "the frozen container did not answer when it was thawed; it is started anew"
}
