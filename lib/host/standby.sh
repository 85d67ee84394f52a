# Starts, stops, prepares or inspects the standby's container. The other files of this folder come before this one in
# the document; base.sh describes the settings. A successful start or inspect ends with a line for the control plane:
#   standby: running=true|false ran=true|false image=REFERENCE id=sha256:...|- digest=REPOSITORY@sha256:...|- wakeFrom=SECONDS
#     [asked=MS answered=MS renewed=MS slept=MS] [trouble=TEXT]
# where ran says whether it ran and answered before this command, and wakeFrom and the four moments are those of wake.sh.

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
    install_hooks
    forget_images
    freeze_unless_needed
    say "$container is prepared from $IMAGE"
  else
    note_trouble "$being_pulled"
    say "the pull of $IMAGE goes on, and the container is made when it is done"
  fi
  release_lock
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
  (trap '' HUP && ACTION=prepare && lock_wait=$((LOCK_WAIT_SECONDS / 4)) && release_lock && prepare) </dev/null >"$state_dir/$SERVICE.prepare.log" 2>&1 &
  set +m
}

# Not where it is needed, or has just been started for somebody.
freeze_unless_needed() {
  if [[ ! -e $started_file && ! -e $woken_file ]]; then freeze; fi
}

# What nobody needs any more is stopped, or frozen.
put_to_sleep() {
  if is_running; then
    before stop
    # First the way to it: HAProxy takes a second to notice that it is gone. A connection that is refused costs no
    # request, should the primary die just then; one that is accepted, with nobody behind it, would.
    close_link
    if [[ $SLEEP == frozen && -s $prepared_file ]] && healthy; then
      pause
      say "$container is frozen"
    else
      docker_says stop -t "$STOP_GRACE_SECONDS" "$container" || fail "stop: docker stop of $container failed: $docker_said"
      say "$container is stopped"
    fi
    rm -f "$answered_file"
    slept
    after stop
    renew_container
  else
    rm -f "$answered_file"
    slept
    say "$container does not run"
    close_link
  fi
}

case $ACTION in
  start | stop | tell | inspect) take_lock ;;
esac

case $ACTION in
  start)
    fence
    take_words
    install_hooks
    need_secrets
    describe_container
    bring_up
    adopt
    report "$ran"
    ;;
  stop)
    fence
    take_words
    install_hooks
    put_to_sleep
    ;;
  tell)
    fence
    take_words
    look
    report false
    ;;
  prepare) prepare ;;
  inspect)
    ran=false
    if [[ -e $frozen_file ]]; then look_at_frozen; fi
    if is_running && healthy; then ran=true; fi
    if [[ -e $woken_file ]]; then run_systemctl start "failover-sleep@$SERVICE.service"; fi
    if [[ -s $trouble_file ]]; then prepare_again; fi
    report "$ran" "$(trouble)"
    ;;
  wake)
    describe_container
    wake
    ;;
  charge) say_who_is_in_charge ;;
  keep) keep ;;
  *) fail "action: received '$ACTION', expected start, stop, tell, prepare or inspect" ;;
esac
