# Starts, stops, prepares or inspects the standby's container. The other files of this folder come before this one in
# the document; base.sh describes the settings. A successful start or inspect ends with a line for the control plane:
#   standby: running=true|false ran=true|false image=REFERENCE id=sha256:...|- digest=REPOSITORY@sha256:...|- [trouble=TEXT]
# where ran says whether it ran and answered before this command.

# A pull may take an hour, and the agent may keep the next command waiting until this one has ended.
pull_patience=5

# Makes the host ready for a start. What takes long is done without the lock, so that no start waits for it.
prepare() {
  local is_pulled=true
  await_packages
  renew_secrets
  describe_container
  pull "$pull_patience" || is_pulled=false
  take_lock
  if [[ $is_pulled == true ]]; then
    ensure_container
    forget_images
    say "$container is prepared from $IMAGE"
  else
    note_trouble "$being_pulled"
    say "the pull of $IMAGE goes on, and the container is made when it is done"
  fi
  exec 9>&-
  prepare_link
  take_lock
  apply_link
  if [[ $is_pulled == true ]]; then check_architecture; fi
  if [[ -n $secrets_failed ]]; then fail 'prepare: the secrets could not be fetched (the reason is above); the host has those from before'; fi
  if [[ $is_pulled == true ]]; then rm -f "$trouble_file"; fi
}

# A preparation that came to no good end is tried again with each look at the host, which does not wait for it.
prepare_again() {
  say "prepares again, because of this: $(trouble)"
  set -m
  (trap '' HUP && ACTION=prepare && lock_wait=$((LOCK_WAIT_SECONDS / 4)) && exec 9>&- && prepare) </dev/null >"$state_dir/$SERVICE.prepare.log" 2>&1 &
  set +m
}

if [[ $ACTION != prepare ]]; then take_lock; fi

case $ACTION in
  start)
    fence
    install_hooks
    need_secrets
    describe_container
    ran=false
    if healthy && is_running; then
      ran=true
      remember_answer
      say "$container already answers on :$LOOPBACK_PORT$HEALTH_PATH"
      if ! link_answers; then begin_link; fi
      await_link
    elif on_its_way; then
      begin_link
      say "docker has started $container by itself"
      await_health
    else
      before
      start_container
      say "started $container"
      begin_link
      await_health
      after
    fi
    report "$ran"
    ;;
  stop)
    fence
    install_hooks
    if is_running; then
      before
      # First the way to it: HAProxy takes a second to notice that it is gone. A connection that is refused costs no
      # request, should the primary die just then; one that is accepted, with nobody behind it, would.
      close_link
      docker_says stop -t "$STOP_GRACE_SECONDS" "$container" || fail "stop: docker stop of $container failed: $docker_said"
      rm -f "$answered_file"
      say "$container is stopped"
      after
      renew_container
    else
      rm -f "$answered_file"
      say "$container does not run"
      close_link
    fi
    ;;
  prepare) prepare ;;
  inspect)
    ran=false
    if is_running && healthy; then ran=true; fi
    if [[ -s $trouble_file ]]; then prepare_again; fi
    report "$ran" "$(trouble)"
    ;;
  *) fail "action: received '$ACTION', expected start, stop, prepare or inspect" ;;
esac
