# The image and the container that is made of it, ready to be started.

prepared_file=$state_dir/$SERVICE.prepared

# Three quarters of what the host has: a container that takes all of it takes the agent with it.
most_memory() {
  local kib
  read -r _ kib _ </proc/meminfo
  printf '%sk' "$((kib * 3 / 4))"
}

# Sets create_args, and settings: everything that a container is made of but the image behind the name. The values of
# the secrets stay in their files.
describe_container() {
  local file restart=unless-stopped
  # Docker starts "always" at boot even if it was stopped before: the agent is ready much later than Docker.
  if [[ $PILOT_LIGHT == true ]]; then restart=always; fi
  create_args=(
    --name "$container" --restart "$restart"
    # Whatever the daemon's default is: not every driver has these limits.
    --log-driver json-file --log-opt max-size=10m --log-opt max-file=3
    --publish "127.0.0.1:$LOOPBACK_PORT:$CONTAINER_PORT" --stop-timeout "$STOP_GRACE_SECONDS" --memory "${MEMORY:-$(most_memory)}"
    "${CREATE_ARGS[@]}"
  )
  settings=
  # What an operator has put onto the host comes first, so that what is deployed wins.
  for file in "$env_file" "$secrets_file"; do
    if [[ ! -f $file ]]; then continue; fi
    create_args+=(--env-file "$file")
    settings+=" $(sha256sum <"$file")"
  done
  settings="$IMAGE ${create_args[*]@Q} ${COMMAND[*]@Q}$settings"
}

# Changes with the image too, so that an outdated container is recognised.
fingerprint() {
  local id
  id=$(run_docker image inspect --format "$open.Id$close" "$IMAGE") || return 1
  printf '%s %s\n' "$id" "$settings" | sha256sum | cut -c1-32
}

pull_lock=$run_dir/$SERVICE.pull.lock
pull_errors=$run_dir/$SERVICE.pull.errors
pull_alone=$run_dir/$SERVICE.pull.alone
pull_limit=3600
being_pulled="the image $IMAGE is being pulled"

# Pulls the image; false if that goes on in the background after so many seconds.
# Docker ends a pull when its client ends, and then fetches a half-fetched layer again. A pull that
# is killed by the time limit of each command would therefore never end. So it has its own process group and its own
# limit, goes on when the command ends, and holds no lock that a start needs. There is one for each service at a time;
# a later command waits for it.
pull() {
  local patience=$1 why
  exec 7>>"$pull_lock"
  if flock -n 7; then
    rm -f "$pull_alone"
    set -m
    (pull_in_background) </dev/null >/dev/null 2>&1 &
    set +m
  fi
  exec 7>&-
  exec 6>>"$pull_lock"
  if ! flock -w "$patience" 6; then
    : >"$pull_alone"
    return 1
  fi
  exec 6>&-
  if [[ ! -s $pull_errors ]]; then return; fi
  why=$(grep -v '^[[:space:]]*$' "$pull_errors" | tail -n 1 | cut -c 1-300) || true
  # An old copy is a better standby than none.
  run_docker image inspect "$IMAGE" >/dev/null 2>&1 ||
    fail "$ACTION: cannot pull $IMAGE, and no copy is on this host: $why"
  say "cannot pull $IMAGE; keeping the copy on this host: $why"
}

# Holds the lock of the pull by the descriptor that it has inherited.
pull_in_background() {
  trap '' HUP
  if timeout "$pull_limit" docker pull --quiet "$IMAGE" >/dev/null 2>"$pull_errors.new" 9>&-; then
    : >"$pull_errors.new"
  elif [[ ! -s $pull_errors.new ]]; then
    printf 'not done after %s s\n' "$pull_limit" >"$pull_errors.new"
  fi
  mv -f "$pull_errors.new" "$pull_errors"
  if [[ ! -e $pull_alone ]]; then return; fi
  exec 7>&-
  # Nobody waits any more: what follows is what "prepare" would have done, and what it cannot do is noted as its trouble.
  ACTION=prepare
  if [[ -s $pull_errors ]]; then note_trouble "prepare: cannot pull $IMAGE: $(tail -n 1 "$pull_errors" | cut -c 1-300)"; return; fi
  take_lock
  ensure_container
  forget_images
  freeze_unless_needed
  # Whatever else kept "prepare" from its end still does.
  if [[ -s $trouble_file && $(<"$trouble_file") == "$being_pulled" ]]; then rm -f "$trouble_file"; fi
}

# Leaves a container that is ready to be started; never touches one that runs.
ensure_container() {
  local wanted
  wanted=$(fingerprint) || fail "$ACTION: image $IMAGE is not on this host and could not be inspected"
  if is_running; then
    # It goes on with what it was made of; the next start makes it anew.
    if [[ $made_from != "$wanted" ]]; then rm -f "$prepared_file"; fi
    return
  fi
  if [[ $made_from != "$wanted" ]]; then
    rm -f "$frozen_file"
    if [[ $image_id != - ]]; then run_docker rm --force "$container" >/dev/null; fi
    docker_says create "${create_args[@]}" --label "hybrid-failover.fingerprint=$wanted" "$IMAGE" "${COMMAND[@]}" ||
      fail "$ACTION: docker create of $IMAGE failed: $docker_said"
  fi
  remember "$prepared_file" "$settings"
}

# An image for other processors starts nowhere but in an emulator: said when it is prepared, not in the outage.
check_architecture() {
  local made own
  made=$(run_docker image inspect --format "$open.Architecture$close" "$IMAGE" 2>/dev/null) || return 0
  case $(uname -m) in
    x86_64) own=amd64 ;;
    aarch64) own=arm64 ;;
    *) return 0 ;;
  esac
  if [[ -z $made || $made == "$own" ]]; then return; fi
  fail "prepare: $IMAGE is made for $made, and this host is $own; name or build one for it (standby.host.architecture, or a host of that architecture)"
}

# A container that ran while it was prepared goes on with what it was made of. Once it is stopped the new one takes its
# place, so that a host that sleeps too does not start the old one when it boots.
renew_container() {
  describe_container
  if ! run_docker image inspect "$IMAGE" >/dev/null 2>&1; then return; fi
  (ensure_container && freeze) || say "the container could not be made anew; the next start tries again"
}

# Removes the images that were pulled here and are not needed any more: neither by the next start nor by a container.
forget_images() {
  local list=$state_dir/$SERVICE.images current kept='' id reference
  current=$(run_docker image inspect --format "$open.Id$close" "$IMAGE" 2>/dev/null) || return 0
  look
  if [[ -s $list ]]; then
    while read -r id reference; do
      if [[ $id == "$current" || -z $id ]]; then continue; fi
      if [[ $id != "$image_id" ]] && { docker_says image rm "$id" || docker_says image rm "$reference"; }; then
        say "removed the image $reference ($id), which is not needed any more"
      elif [[ $docker_said != *"o such image"* ]]; then
        kept+="$id $reference"$'\n'
      fi
    done <"$list"
  fi
  remember "$list" "$kept$current $IMAGE"
}
docker_said=
