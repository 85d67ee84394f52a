# Starts the container, and waits until it answers.

# When the container that last answered had been started. Gone after a stop.
answered_file=$state_dir/$SERVICE.answered

# The container that runs now has answered.
remember_answer() { remember "$answered_file" "$started_at"; }

# Docker too starts a container: at boot, and when it has died. While that one is on its way, starting it again
# would only cost time; one that has answered before and no longer does is not on its way.
on_its_way() {
  # Asked only where it can be, because every call to the daemon costs clients some of their time.
  [[ $PILOT_LIGHT == true || -s $answered_file ]] || return 1
  is_running || return 1
  [[ ! -s $answered_file || $started_at != "$(<"$answered_file")" ]] || return 1
  (($(date +%s) - $(date -d "$started_at" +%s) < START_TIMEOUT_SECONDS))
}

# Starts a container that is stopped or has died, and in the same call ends one that runs but does not answer.
# That one gets little grace: nobody serves meanwhile.
restart_container() { docker_says restart -t "$((STOP_GRACE_SECONDS < 3 ? STOP_GRACE_SECONDS : 3))" "$container"; }

# A container that was prepared with these settings is started without another look.
start_container() {
  if [[ -s $prepared_file && $(<"$prepared_file") == "$settings" ]] && restart_container; then return; fi
  if ! run_docker image inspect "$IMAGE" >/dev/null 2>&1; then
    # Clients wait. What was prepared before serves them now; the pull may take an hour.
    look
    if [[ $image_id != - ]]; then
      say "$IMAGE is not on this host yet; starts what was prepared before, from $image"
      restart_container || fail "start: docker restart of $container failed: $docker_said"
      return
    fi
    pull "$START_TIMEOUT_SECONDS" ||
      fail "start: the pull of $IMAGE takes longer than $START_TIMEOUT_SECONDS s; it goes on, and the container is made when it is done"
  fi
  ensure_container
  restart_container || fail "start: docker restart of $container failed: $docker_said"
}

await_answer() {
  local deadline=$((SECONDS + START_TIMEOUT_SECONDS)) state last
  until healthy; do
    if ((SECONDS >= deadline)); then
      # SSM keeps 8,000 characters of stderr, and the reason comes last.
      run_docker logs --tail 20 "$container" 2>&1 | tail -c 6000 >&2 || true
      state=$(inspect "$open.State.Status$close") || true
      last=$(run_docker logs --tail 5 "$container" 2>&1 | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-200) || true
      # The next try starts from a fresh container instead of waiting for this one again.
      run_docker rm --force "$container" >/dev/null || true
      close_link
      fail "start: $container did not answer 2xx on :$LOOPBACK_PORT$HEALTH_PATH within $START_TIMEOUT_SECONDS s; docker says it is ${state:-gone}; its last line: ${last:-none}"
    fi
    sleep 0.05
  done
  is_running || fail "start: something answers on :$LOOPBACK_PORT$HEALTH_PATH, but $container does not run"
}

await_health() {
  await_answer
  remember_answer
  say "$container answers on :$LOOPBACK_PORT$HEALTH_PATH"
  await_link
}

# Brings the standby to where the site reaches it and it answers. Sets ran: whether it did already.
bring_up() {
  ran=false
  if [[ -e $frozen_file ]]; then
    before start
    begin_link
    if thaw; then
      say "thawed $container"
    else
      unfreeze
      start_container
      say "started $container"
    fi
    await_health
    after start
  elif healthy && is_running; then
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
    before start
    start_container
    say "started $container"
    begin_link
    await_health
    after start
  fi
}
