# Starts, stops or prepares the standby's container on the EC2 host. Runs as root by SSM Run Command;
# the document puts the settings in front of it (see lib/constructs/standby-document.ts):
#   ACTION        start | stop | prepare
#   EPOCH         the decision this command carries out; prepare has none
#   SERIAL        grows with every command; an older one than the last is refused
#   SERVICE       names the container, the lock and the fence
#   IMAGE         what to run
#   PORT CONTAINER_PORT HEALTH_PATH START_TIMEOUT_SECONDS STOP_GRACE_SECONDS
#   CREATE_ARGS   array: further arguments of "docker create"
# Exit codes: 0 done, 1 failed (the last line of stderr says why), 3 refused: a newer command ran here.
set -euo pipefail

state_dir=${FAILOVER_STATE_DIR:-/var/lib/hybrid-failover}
env_file=/etc/hybrid-failover/$SERVICE.env
container=failover-$SERVICE
mkdir -p "$state_dir"

say() { printf '%s %s\n' "$(date -u +%FT%T.%3NZ)" "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
# A Go template for docker. SSM takes doubled braces for parameters of its own, so the script has none.
field() { printf '{''{%s}''}' "$1"; }
# The lock must not live on in what docker leaves running.
run_docker() { docker "$@" 9>&-; }

# A start issued while a stop runs would find the container "up" and then lose it: one at a time.
exec 9>"$state_dir/$SERVICE.lock"
flock -w $((START_TIMEOUT_SECONDS + STOP_GRACE_SECONDS)) 9 ||
  fail "$ACTION: another command held $state_dir/$SERVICE.lock for too long"

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

create_args=(
  --name "$container" --restart unless-stopped --log-opt max-size=10m --log-opt max-file=3
  --publish "$PORT:$CONTAINER_PORT" --stop-timeout "$STOP_GRACE_SECONDS" "${CREATE_ARGS[@]}"
)
# Secrets stay on the host: a root-only file that no template, log or parameter has seen.
if [[ -f $env_file ]]; then create_args+=(--env-file "$env_file"); fi

# Changes with everything that a container is made of but the image behind the name.
settings() {
  {
    printf '%s\n' "$IMAGE" "${create_args[@]}"
    if [[ -f $env_file ]]; then cat "$env_file"; fi
  } | sha256sum | cut -c1-32
}
prepared_file=$state_dir/$SERVICE.prepared

# Changes with the image too, so that an outdated container is recognised.
fingerprint() {
  local image
  image=$(run_docker image inspect --format "$(field .Id)" "$IMAGE") || return 1
  printf '%s %s\n' "$image" "$(settings)" | sha256sum | cut -c1-32
}

inspect() { run_docker container inspect --format "$1" "$container" 2>/dev/null; }
running() { [[ $(inspect "$(field .State.Running)" || true) == true ]]; }

# Leaves a container that is ready to be started; never touches one that runs.
ensure_container() {
  if running; then return; fi
  local wanted have
  wanted=$(fingerprint) || fail "$ACTION: image $IMAGE is not on this host and could not be inspected"
  have=$(inspect "$(field 'index .Config.Labels "hybrid-failover.fingerprint"')" || true)
  if [[ $have != "$wanted" ]]; then
    if [[ -n $(inspect "$(field .Id)" || true) ]]; then run_docker rm --force "$container" >/dev/null; fi
    run_docker create "${create_args[@]}" --label "hybrid-failover.fingerprint=$wanted" "$IMAGE" >/dev/null ||
      fail "$ACTION: docker create of $IMAGE failed"
  fi
  settings >"$prepared_file"
}

# A container that was prepared with these settings is started without another look: every call to the
# daemon costs clients some of their time.
start_container() {
  if [[ -s $prepared_file && $(<"$prepared_file") == "$(settings)" ]] &&
    run_docker start "$container" >/dev/null 2>&1; then return; fi
  if ! run_docker image inspect "$IMAGE" >/dev/null 2>&1; then pull; fi
  ensure_container
  run_docker start "$container" >/dev/null || fail "start: docker start of $container failed"
}

pull() {
  if run_docker pull --quiet "$IMAGE" >/dev/null; then return; fi
  # An old copy is a better standby than none.
  run_docker image inspect "$IMAGE" >/dev/null 2>&1 || fail "$ACTION: cannot pull $IMAGE, and no copy is on this host"
  say "cannot pull $IMAGE; keeping the copy on this host"
}

# bash opens the connection itself, so that the host needs no HTTP client.
healthy() {
  local status
  # shellcheck disable=SC2016 # expanded by the inner shell
  status=$(timeout 2 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$0"
    printf "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" "$1" >&3
    head -n 1 <&3' "$PORT" "$HEALTH_PATH" 2>/dev/null) || return 1
  [[ $status == "HTTP/1."?" 2"* ]]
}

await_health() {
  local deadline=$((SECONDS + START_TIMEOUT_SECONDS))
  until healthy; do
    if ((SECONDS >= deadline)); then
      run_docker logs --tail 20 "$container" >&2 || true
      # The next try starts from a fresh container instead of waiting for this one again.
      run_docker rm --force "$container" >/dev/null || true
      fail "start: $container did not answer 2xx on :$PORT$HEALTH_PATH within $START_TIMEOUT_SECONDS s"
    fi
    sleep 0.1
  done
}

case $ACTION in
  start)
    fence
    start_container
    say "started $container"
    await_health
    say "$container answers on :$PORT$HEALTH_PATH"
    ;;
  stop)
    fence
    if running; then
      run_docker stop --time "$STOP_GRACE_SECONDS" "$container" >/dev/null || fail "stop: docker stop of $container failed"
    fi
    say "$container is stopped"
    ;;
  prepare)
    pull
    ensure_container
    say "$container is prepared from $IMAGE"
    ;;
  *) fail "action: received '$ACTION', expected start, stop or prepare" ;;
esac
