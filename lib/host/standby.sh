# Starts, stops, prepares or inspects the standby's container on the EC2 host. Runs as root by SSM Run Command;
# the document puts the settings in front of it (see lib/kinds/ec2/document.ts):
#   ACTION        start | stop | prepare | inspect
#   EPOCH         the decision this command carries out; prepare and inspect have none
#   SERIAL        grows with every start and stop; an older one than the last is refused
#   SERVICE       names the container, the lock, the fence and the folder of the hooks
#   IMAGE         what to run
#   PORT          where the container is published, on the loopback address; link.sh lets the site in
#   CONTAINER_PORT HEALTH_PATH START_TIMEOUT_SECONDS STOP_GRACE_SECONDS HOOK_TIMEOUT_SECONDS
#   PILOT_LIGHT   true: the host sleeps too, and Docker itself starts the container when the host boots
#   CREATE_ARGS   array: further arguments of "docker create"
# Exit codes: 0 done, 1 failed, 3 refused because a newer command ran here, 4 vetoed by a before-hook; the last
# line of stderr says why. A successful start or inspect ends with a line for the control plane:
#   standby: running=true|false ran=true|false image=REFERENCE id=sha256:...|- digest=REPOSITORY@sha256:...|- [trouble=WORD]
# where ran says whether it ran and answered before this command. Needs link.sh and hooks.sh in front of it.
set -euo pipefail

state_dir=${FAILOVER_STATE_DIR:-/var/lib/hybrid-failover}
# In memory on a real host: locks, and what a full disk must not take away.
run_dir=${FAILOVER_RUN_DIR:-${FAILOVER_STATE_DIR:-/run/hybrid-failover}}
env_file=/etc/hybrid-failover/$SERVICE.env
container=failover-$SERVICE
# While clients wait, every process that is started here takes processor time from the container: what the shell
# can do by itself, it does.
for folder in "$state_dir" "$run_dir"; do
  [[ -d $folder ]] || mkdir -p -m 700 "$folder" 2>/dev/null || true
done

# Before bash 5 there are no parts of seconds.
say() {
  local now=${EPOCHREALTIME:-}
  if [[ -z $now ]]; then TZ=UTC printf '%(%FT%TZ)T %s\n' -1 "$*"; return; fi
  TZ=UTC printf '%(%FT%T)T.%sZ %s\n' "${now%[.,]*}" "${now: -6:3}" "$*"
}
fail() { printf '%s\n' "$*" >&2; exit 1; }
((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) ||
  fail "$ACTION: this host has bash $BASH_VERSION; 4.4 or newer is needed, as in Amazon Linux 2023; use another machine image"

# Keeps a line in a file, whole or not at all. A disk that is full costs the memory of it, not the command.
remember() {
  if { printf '%s\n' "$2" >"$1.new" && mv -f "$1.new" "$1"; } 2>/dev/null; then return; fi
  say "cannot write $1; is the disk full?"
}
# Around a field in docker's templates. SSM takes doubled braces for parameters of its own, so the script has none.
open='{''{' close='}''}'
# The lock must not live on in what docker leaves running.
run_docker() { docker "$@" 9>&-; }
# The last line of what it said, if it fails: docker's own reason is for people.
docker_says() {
  docker_said=$(run_docker "$@" 2>&1 >/dev/null) && return
  docker_said=$(grep -v '^[[:space:]]*$' <<<"$docker_said" | tail -n 1 | cut -c 1-300) || true
  docker_said=${docker_said:-docker gives no reason}
  return 1
}

# A start issued while a stop runs would find the container "up" and then lose it: one at a time.
lock_wait=$((START_TIMEOUT_SECONDS + STOP_GRACE_SECONDS + 2 * HOOK_TIMEOUT_SECONDS))
# Who only looks can look again later, and must not keep the agent from the next command.
if [[ $ACTION == inspect ]]; then lock_wait=5; fi
take_lock() {
  local file=$run_dir/$SERVICE.lock
  { : >>"$file"; } 2>/dev/null || fail "$ACTION: cannot write $file; is the disk full?"
  exec 9>>"$file"
  flock -w "$lock_wait" 9 || fail "$ACTION: another command held $file for more than $lock_wait s"
}

# SSM may deliver late. What an older decision wanted must not undo a newer one.
fence() {
  local folder file kept newest=0
  for folder in "$state_dir" "$run_dir"; do
    file=$folder/$SERVICE.serial kept=
    if [[ -s $file ]]; then kept=$(<"$file"); fi
    if is_serial "$kept"; then
      if ((10#$kept > newest)); then newest=$((10#$kept)); fi
    elif [[ -n $kept ]]; then
      say "$file holds '${kept:0:40}', which is no number of a command; it is written anew"
    fi
  done
  if ((SERIAL < newest)); then
    # The control plane reads the number, should its own memory have been lost.
    printf '%s refused: command %s (epoch %s) is older than %s, which ran here\n' "$ACTION" "$SERIAL" "$EPOCH" "$newest" >&2
    exit 3
  fi
  remember "$state_dir/$SERVICE.serial" "$SERIAL"
  if [[ $run_dir != "$state_dir" ]]; then remember "$run_dir/$SERVICE.serial" "$SERIAL"; fi
}
# A control plane that has lost its memory is not a million commands behind.
is_serial() { [[ $1 =~ ^[0-9]{1,15}$ ]] && ((10#$1 <= 10#$SERIAL + 1000000)); }

# --- What there is ---------------------------------------------------------------------------------------------

# Prints nothing if there is no container. No answer from docker must not pass for that.
inspect() {
  local said
  if run_docker container inspect --format "$1" "$container" 2>/dev/null; then return; fi
  said=$(run_docker container inspect "$container" 2>&1 >/dev/null) || true
  [[ $said == *"o such container"* ]] || fail "$ACTION: docker does not answer: ${said:-it gives no reason}"
}

# Sets what docker knows about the container; made_from is the fingerprint it was made with. "-" if there is none.
look() {
  local known
  known=$(inspect "$open.State.Running$close $open.Config.Image$close $open.Image$close $open.State.StartedAt$close ${open}index .Config.Labels \"hybrid-failover.fingerprint\"$close") || exit 1
  read -r running image image_id started_at made_from <<<"${known:-false - - - -}"
}
is_running() { look; [[ $running == true ]]; }

# The line for the control plane, from the last look. Without a container it is about what would be started.
report() {
  local ran=$1 subject=$image_id digest=- known repository each
  if [[ $image_id == - ]]; then image=$IMAGE subject=$IMAGE; fi
  known=$(run_docker image inspect --format "$open.Id$close ${open}json .RepoDigests$close" "$subject" 2>/dev/null) || true
  repository=${image%%@*}
  if [[ ${repository##*/} == *:* ]]; then repository=${repository%:*}; fi
  # An image that several repositories hold has several digests.
  for each in ${known//[][\",]/ }; do
    case $each in
      sha256:*) image_id=$each ;;
      "$repository"@*) digest=$each ;;
      *@*) if [[ $digest == - ]]; then digest=$each; fi ;;
    esac
  done
  printf 'standby: running=%s ran=%s image=%s id=%s digest=%s%s\n' \
    "$running" "$ran" "$image" "$image_id" "$digest" "${2:+ trouble=$2}"
}

# What will be in the way of a start, in one word; nothing if all is well.
trouble() {
  local file used
  for file in "$state_dir/$SERVICE.probe" "$run_dir/$SERVICE.probe"; do
    if ! { printf 'x\n' >"$file"; } 2>/dev/null; then printf 'cannot-write-%s' "${file%/*}"; return; fi
    rm -f "$file"
  done
  used=$(df --output=pcent "$state_dir" 2>/dev/null | tail -n 1 | tr -dc 0-9) || true
  if ((${used:-0} >= 95)); then printf 'disk-%s%%-full' "$used"; fi
}

# Whether anybody listens on the port of this host. Asks the kernel, which has those who listen at the top: a
# connection would have to wait for somebody who hangs.
listens() {
  local file address state port
  printf -v port ':%04X' "$1"
  for file in /proc/net/tcp /proc/net/tcp6; do
    [[ -r $file ]] || continue
    while read -r _ address _ state _; do
      if [[ $state == 0A && $address == *"$port" ]]; then return; fi
      # `st` heads the column.
      if [[ $state != 0A && $state != st ]]; then break; fi
    done <"$file"
  done
  return 1
}

# bash opens the connection itself, so that the host needs no HTTP client.
healthy() {
  local status
  listens "$PORT" || return 1
  # shellcheck disable=SC2016 # expanded by the inner shell
  status=$(timeout 2 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$0"
    printf "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" "$1" >&3
    head -n 1 <&3' "$PORT" "$HEALTH_PATH" 2>/dev/null) || return 1
  [[ $status == "HTTP/1."?" 2"* ]]
}

# --- Making a container ----------------------------------------------------------------------------------------

# Docker starts "always" at boot even if it was stopped before: the agent is ready much later than Docker.
restart=unless-stopped
if [[ $PILOT_LIGHT == true ]]; then restart=always; fi
create_args=(
  --name "$container" --restart "$restart"
  # Whatever the daemon's default is: not every driver has these limits.
  --log-driver json-file --log-opt max-size=10m --log-opt max-file=3
  --publish "127.0.0.1:$PORT:$CONTAINER_PORT" --stop-timeout "$STOP_GRACE_SECONDS" "${CREATE_ARGS[@]}"
)
# Secrets stay on the host: a root-only file that no template, log or parameter has seen.
if [[ -f $env_file ]]; then create_args+=(--env-file "$env_file"); fi

# Everything that a container is made of but the image behind the name. The values of the secrets stay in their file.
settings="$IMAGE ${create_args[*]@Q}"
if [[ -f $env_file ]]; then settings+=" $(sha256sum <"$env_file")"; fi
prepared_file=$state_dir/$SERVICE.prepared

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

# Brings the image. Docker ends a pull when its client goes away, and begins a half-fetched layer again, so a pull
# that a command's time limit ends would never come to its end: it has a process group and a limit of its own, goes
# on when we leave, and holds no lock that a start needs. One for each service at a time; who comes later joins it.
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
    fail "$ACTION: the pull of $IMAGE takes longer than $patience s; it goes on, and the container is made when it is done"
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
  if [[ ! -e $pull_alone || -s $pull_errors ]]; then return; fi
  exec 7>&-
  take_lock
  ensure_container
  forget_images
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
    if [[ $image_id != - ]]; then run_docker rm --force "$container" >/dev/null; fi
    docker_says create "${create_args[@]}" --label "hybrid-failover.fingerprint=$wanted" "$IMAGE" ||
      fail "$ACTION: docker create of $IMAGE failed: $docker_said"
  fi
  remember "$prepared_file" "$settings"
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

# --- Starting --------------------------------------------------------------------------------------------------

# When the container that last answered had been started. Gone after a stop.
answered_file=$state_dir/$SERVICE.answered

# Whether it is our container that answers; if so, remembers that it did.
it_is_ours() {
  if ! is_running; then return 1; fi
  remember "$answered_file" "$started_at"
}

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
  if ! run_docker image inspect "$IMAGE" >/dev/null 2>&1; then pull "$START_TIMEOUT_SECONDS"; fi
  ensure_container
  restart_container || fail "start: docker restart of $container failed: $docker_said"
}

await_health() {
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
      fail "start: $container did not answer 2xx on :$PORT$HEALTH_PATH within $START_TIMEOUT_SECONDS s; docker says it is ${state:-gone}; its last line: ${last:-none}"
    fi
    sleep 0.1
  done
  it_is_ours || fail "start: something answers on :$PORT$HEALTH_PATH, but $container does not run"
  say "$container answers on :$PORT$HEALTH_PATH"
  await_link
}

# --- What was asked for ----------------------------------------------------------------------------------------

# What takes long is done without the lock, so that no start waits for it.
if [[ $ACTION == prepare ]]; then pull "$lock_wait"; fi
take_lock

case $ACTION in
  start)
    fence
    ran=false
    if healthy && it_is_ours; then
      ran=true
      say "$container already answers on :$PORT$HEALTH_PATH"
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
    ;;
  inspect)
    ran=false
    if is_running && healthy; then ran=true; fi
    report "$ran" "$(trouble)"
    ;;
  *) fail "action: received '$ACTION', expected start, stop, prepare or inspect" ;;
esac
