# What there is: looks at the container, and reports it to the control plane. Nothing here changes anything.

# Prints nothing if there is no container. No answer from docker must not pass for that.
inspect() {
  local said
  if run_docker container inspect --format "$1" "$container" 2>/dev/null; then return; fi
  said=$(run_docker container inspect "$container" 2>&1 >/dev/null) || true
  [[ $said == *"o such container"* ]] || fail "$ACTION: docker does not answer: ${said:-it gives no reason}"
}

# Sets status, running, image, image_id, started_at and made_from to what docker knows about the container; made_from is
# the fingerprint it was made with. "-" if there is none. One that is frozen does not run.
look() {
  local known
  known=$(inspect "$open.State.Status$close $open.Config.Image$close $open.Image$close $open.State.StartedAt$close ${open}index .Config.Labels \"hybrid-failover.fingerprint\"$close") || exit 1
  read -r status image image_id started_at made_from <<<"${known:-none - - - -}"
  running=false
  if [[ $status == running || $status == restarting ]]; then running=true; fi
}
is_running() { look; [[ $running == true ]]; }

# The line for the control plane, from the last look. Without a container it is about what would be started.
report() {
  local ran=$1 subject=$image_id digest=- known repository each from=0 woken=''
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
  read_wake
  if [[ -s $words_file ]]; then read -r _ _ from <"$words_file"; fi
  if [[ $wake_asked != - ]]; then
    woken=" asked=$wake_asked answered=$wake_answered renewed=$wake_renewed slept=$wake_slept"
  fi
  printf 'standby: running=%s ran=%s image=%s id=%s digest=%s wakeFrom=%s%s%s\n' \
    "$running" "$ran" "$image" "$image_id" "$digest" "$from" "$woken" "${2:+ trouble=$2}"
}

# What would prevent a start, in one line; empty if all is well.
trouble() {
  local file used
  for file in "$state_dir/$SERVICE.probe" "$run_dir/$SERVICE.probe"; do
    if ! { printf 'x\n' >"$file"; } 2>/dev/null; then printf 'it cannot write into %s' "${file%/*}"; return; fi
    rm -f "$file"
  done
  used=$(df --output=pcent "$state_dir" 2>/dev/null | tail -n 1 | tr -dc 0-9) || true
  if ((${used:-0} >= 95)); then printf 'its disk is %s%% full' "$used"; return; fi
  # Cut, so that it fits into what Systems Manager keeps.
  if [[ -s $trouble_file ]]; then head -n 1 "$trouble_file" | cut -c 1-400; fi
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
  listens "$LOOPBACK_PORT" || return 1
  # shellcheck disable=SC2016 # expanded by the inner shell
  status=$(timeout 2 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$0"
    printf "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" "$1" >&3
    head -n 1 <&3' "$LOOPBACK_PORT" "$HEALTH_PATH" 2>/dev/null) || return 1
  [[ $status == "HTTP/1."?" 2"* ]]
}
