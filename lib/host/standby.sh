# Starts, stops, prepares or inspects the standby's container on the EC2 host. Runs as root by SSM Run Command;
# the document puts the settings in front of it (see lib/constructs/standby-document.ts):
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
#   standby: running=true|false ran=true|false image=REFERENCE id=sha256:...|- digest=REPOSITORY@sha256:...|-
# where ran says whether it ran and answered before this command. Needs link.sh and hooks.sh in front of it.
set -euo pipefail

state_dir=${FAILOVER_STATE_DIR:-/var/lib/hybrid-failover}
env_file=/etc/hybrid-failover/$SERVICE.env
container=failover-$SERVICE
# While clients wait, every process that is started here takes processor time from the container: what the shell
# can do by itself, it does.
[[ -d $state_dir ]] || mkdir -p -m 700 "$state_dir"

say() {
  local now=$EPOCHREALTIME
  TZ=UTC printf '%(%FT%T)T.%sZ %s\n' "${now%[.,]*}" "${now: -6:3}" "$*"
}
fail() { printf '%s\n' "$*" >&2; exit 1; }
# Around a field in docker's templates. SSM takes doubled braces for parameters of its own, so the script has none.
open='{''{' close='}''}'
# The lock must not live on in what docker leaves running.
run_docker() { docker "$@" 9>&-; }

# A start issued while a stop runs would find the container "up" and then lose it: one at a time.
lock_wait=$((START_TIMEOUT_SECONDS + STOP_GRACE_SECONDS + 2 * HOOK_TIMEOUT_SECONDS))
# Who only looks can look again later, and must not keep the agent from the next command.
if [[ $ACTION == inspect ]]; then lock_wait=5; fi
exec 9>"$state_dir/$SERVICE.lock"
flock -w "$lock_wait" 9 || fail "$ACTION: another command held $state_dir/$SERVICE.lock for more than $lock_wait s"

# SSM may deliver late. What an older decision wanted must not undo a newer one.
fence() {
  local file=$state_dir/$SERVICE.serial newest=0
  if [[ -s $file ]]; then newest=$(<"$file"); fi
  if ((SERIAL < newest)); then
    # The control plane reads the number, should its own memory have been lost.
    printf '%s refused: command %s (epoch %s) is older than %s, which ran here\n' "$ACTION" "$SERIAL" "$EPOCH" "$newest" >&2
    exit 3
  fi
  printf '%s\n' "$SERIAL" >"$file.new"
  mv "$file.new" "$file"
}

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
  printf 'standby: running=%s ran=%s image=%s id=%s digest=%s\n' "$running" "$ran" "$image" "$image_id" "$digest"
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
  --name "$container" --restart "$restart" --log-opt max-size=10m --log-opt max-file=3
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

pull() {
  if run_docker pull --quiet "$IMAGE" >/dev/null; then return; fi
  # An old copy is a better standby than none.
  run_docker image inspect "$IMAGE" >/dev/null 2>&1 || fail "$ACTION: cannot pull $IMAGE, and no copy is on this host"
  say "cannot pull $IMAGE; keeping the copy on this host"
}

# Leaves a container that is ready to be started; never touches one that runs.
ensure_container() {
  local wanted
  if is_running; then return; fi
  wanted=$(fingerprint) || fail "$ACTION: image $IMAGE is not on this host and could not be inspected"
  if [[ $made_from != "$wanted" ]]; then
    if [[ $image_id != - ]]; then run_docker rm --force "$container" >/dev/null; fi
    run_docker create "${create_args[@]}" --label "hybrid-failover.fingerprint=$wanted" "$IMAGE" >/dev/null ||
      fail "$ACTION: docker create of $IMAGE failed"
  fi
  printf '%s\n' "$settings" >"$prepared_file"
}

# --- Starting --------------------------------------------------------------------------------------------------

# When the container that last answered had been started. Gone after a stop.
answered_file=$state_dir/$SERVICE.answered

# Whether it is our container that answers; if so, remembers that it did.
it_is_ours() {
  if ! is_running; then return 1; fi
  printf '%s\n' "$started_at" >"$answered_file"
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
restart_container() { run_docker restart -t "$((STOP_GRACE_SECONDS < 3 ? STOP_GRACE_SECONDS : 3))" "$container" >/dev/null; }

# A container that was prepared with these settings is started without another look.
start_container() {
  if [[ -s $prepared_file && $(<"$prepared_file") == "$settings" ]] && restart_container 2>/dev/null; then return; fi
  if ! run_docker image inspect "$IMAGE" >/dev/null 2>&1; then pull; fi
  ensure_container
  restart_container || fail "start: docker restart of $container failed"
}

await_health() {
  local deadline=$((SECONDS + START_TIMEOUT_SECONDS))
  until healthy; do
    if ((SECONDS >= deadline)); then
      # SSM keeps 8,000 characters of stderr, and the reason comes last.
      run_docker logs --tail 20 "$container" 2>&1 | tail -c 6000 >&2 || true
      # The next try starts from a fresh container instead of waiting for this one again.
      run_docker rm --force "$container" >/dev/null || true
      close_link
      fail "start: $container did not answer 2xx on :$PORT$HEALTH_PATH within $START_TIMEOUT_SECONDS s"
    fi
    sleep 0.1
  done
  it_is_ours || fail "start: something answers on :$PORT$HEALTH_PATH, but $container does not run"
  say "$container answers on :$PORT$HEALTH_PATH"
  await_link
}

# --- What was asked for ----------------------------------------------------------------------------------------

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
      run_docker stop -t "$STOP_GRACE_SECONDS" "$container" >/dev/null || fail "stop: docker stop of $container failed"
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
    pull
    ensure_container
    say "$container is prepared from $IMAGE"
    prepare_link
    ;;
  inspect)
    ran=false
    if is_running && healthy; then ran=true; fi
    report "$ran"
    ;;
  *) fail "action: received '$ACTION', expected start, stop, prepare or inspect" ;;
esac
