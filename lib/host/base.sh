# What every action of the script begins with: settings, output, the lock, and the fence against old commands.
# Runs as root by SSM Run Command, with bash. The document puts the settings in front (lib/kinds/ec2/document.ts):
#   ACTION        start | stop | tell | prepare | inspect; and by the line, not by a command: wake | charge | keep
#   EPOCH         the decision that this command carries out; prepare and inspect have none
#   SERIAL        grows with every start and stop; one that is older than the last is refused
#   SERVICE       names the container, the lock, the fence and the folder of the hooks
#   IMAGE         what to run
#   LOOPBACK_PORT where the container is published, on the loopback address
#   SITE_PORT     where the site reaches the standby, encrypted (link.sh)
#   CONTAINER_PORT HEALTH_PATH START_TIMEOUT_SECONDS STOP_GRACE_SECONDS HOOK_TIMEOUT_SECONDS LOCK_WAIT_SECONDS
#   PILOT_LIGHT   true: the host sleeps too, and Docker itself starts the container when the host boots
#   MEMORY        the container's limit as docker writes it; empty: three quarters of the host's
#   CREATE_ARGS   array: further arguments of "docker create"
#   COMMAND       array: what the container runs, in place of the image's own
#   SECRETS       array: VARIABLE=ARN (secrets.sh)
#   HOOKS         array: NAME=BASE64 (hooks.sh)
#   REGION        of AWS
#   PACKAGES_MARKER  a file in state_dir that is there when the packages of the host are installed; empty: they are
# Exit codes: 0 done, 1 failed, 3 refused because a newer command has run here, 4 vetoed by a before-hook. The last
# line of stderr says why.
set -euo pipefail

# Started by the line (line.sh), from the copy that "prepare" has made of itself.
if [[ -n ${LINE_ACTION-} ]]; then ACTION=$LINE_ACTION EPOCH=0 SERIAL=0; fi
# The site waits for one line; whatever else is said goes where errors go.
if [[ $ACTION == wake || $ACTION == charge ]]; then exec 3>&1 1>&2; fi

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
  if [[ -z $now ]]; then TZ=UTC printf '%(%FT%TZ)T %s\n' -1 "$*"; return 0; fi
  TZ=UTC printf '%(%FT%T)T.%sZ %s\n' "${now%[.,]*}" "${now: -6:3}" "$*"
}
failed_because=
fail() { failed_because=$*; note_trouble "$*"; printf '%s\n' "$*" >&2; exit 1; }

# What keeps "prepare" from its end, in one line, for the control plane and for whoever looks. Gone when it has ended well.
trouble_file=$state_dir/$SERVICE.trouble
note_trouble() {
  if [[ $ACTION == prepare ]]; then remember "$trouble_file" "${*//$'\n'/ }" >&2; fi
}
# Keeps a line in a file, whole or not at all. A disk that is full costs the memory of it, not the command.
# In a trap, a return without a number has that of the command that has failed.
remember() {
  if { printf '%s\n' "$2" >"$1.new" && mv -f "$1.new" "$1"; } 2>/dev/null; then return 0; fi
  say "cannot write $1; is the disk full?"
}
((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) ||
  fail "$ACTION: this host has bash $BASH_VERSION; 4.4 or newer is needed, as in Amazon Linux 2023; use another machine image"
# Around a field in docker's templates. Systems Manager reads double braces as its parameters, so the script has none.
open='{''{' close='}''}'
# The lock, and the line on which the site waits for an answer, must not live on in what docker leaves running.
run_docker() { docker "$@" 3>&- 9>&-; }
# The last line of what it said, if it fails: docker's own reason is for people.
docker_says() {
  docker_said=$(run_docker "$@" 2>&1 >/dev/null) && return
  docker_said=$(grep -v '^[[:space:]]*$' <<<"$docker_said" | tail -n 1 | cut -c 1-300) || true
  docker_said=${docker_said:-docker gives no reason}
  return 1
}

# A start that is issued while a stop runs would find the container "up" and then lose it: one command at a time.
lock_wait=$LOCK_WAIT_SECONDS
case $ACTION in
  # It can look again later, and must not keep the agent from the next command.
  inspect) lock_wait=5 ;;
  # It waits for a pull, and then takes the lock twice: all must fit into the time limit of the script.
  prepare) lock_wait=$((LOCK_WAIT_SECONDS / 4)) ;;
esac
holds_lock=
open_lock() {
  local file=$run_dir/$SERVICE.lock
  { : >>"$file"; } 2>/dev/null || fail "$ACTION: cannot write $file; is the disk full?"
  exec 9>>"$file"
}
take_lock() {
  open_lock
  flock -w "$lock_wait" 9 || fail "$ACTION: another command held $run_dir/$SERVICE.lock for more than $lock_wait s"
  holds_lock=yes
}
# Without waiting; false if another command has it.
try_lock() {
  open_lock
  flock -n 9 || return 1
  holds_lock=yes
}
release_lock() {
  exec 9>&-
  holds_lock=
}

# A new host installs its packages while the agent runs already. Without them nothing can be prepared.
await_packages() {
  local deadline=$((SECONDS + LOCK_WAIT_SECONDS))
  if [[ -z $PACKAGES_MARKER ]]; then return; fi
  until [[ -e $state_dir/$PACKAGES_MARKER ]]; do
    ((SECONDS < deadline)) ||
      fail "prepare: the packages of this host are not installed after $LOCK_WAIT_SECONDS s; /var/log/cloud-init-output.log on it says why"
    sleep 1
  done
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
