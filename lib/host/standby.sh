# Starts, stops, prepares or inspects the standby's container. The other files of this folder come before this one in
# the document; base.sh describes the settings. A successful start or inspect ends with a line for the control plane:
#   standby: running=true|false ran=true|false image=REFERENCE id=sha256:...|- digest=REPOSITORY@sha256:...|- [trouble=WORD]
# where ran says whether it ran and answered before this command.

# What takes long is done without the lock, so that no start waits for it.
if [[ $ACTION == prepare ]]; then
  await_packages
  renew_secrets
  describe_container
  pull "$LOCK_WAIT_SECONDS"
fi
take_lock

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
      docker_says stop -t "$STOP_GRACE_SECONDS" "$container" || fail "stop: docker stop of $container failed: $docker_said"
      rm -f "$answered_file"
      say "$container is stopped"
      close_link
      after
    else
      rm -f "$answered_file"
      say "$container does not run"
      close_link
    fi
    ;;
  prepare)
    ensure_container
    forget_images
    say "$container is prepared from $IMAGE"
    exec 9>&-
    prepare_link
    take_lock
    apply_link
    if [[ -n $secrets_failed ]]; then fail 'prepare: the secrets could not be fetched (the reason is above); the host has those from before'; fi
    ;;
  inspect)
    ran=false
    if is_running && healthy; then ran=true; fi
    report "$ran" "$(trouble)"
    ;;
  *) fail "action: received '$ACTION', expected start, stop, prepare or inspect" ;;
esac
