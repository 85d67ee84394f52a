# What the site asks for over the line (line.sh), and the sleep after it.
# A wake is no decision: it has no number, and takes none. It is a lease: as long as the site repeats it, the container
# that it has started goes on. A start adopts that container, because it finds it answering; where none does, it sleeps
# again when the lease has ended and what is under way had time to end.
# Settings from the document, in addition to those of base.sh:
#   MAY_WAKE       yes, or why the site may not wake this standby
#   LEASE_SECONDS  how long a wake counts
#   DRAIN_SECONDS  from the end of the lease to the stop
#   IN_CHARGE      of the decision that this command carries out: the site that is in charge
#   WAKE_FROM      from when on the site may wake, in Unix seconds; 0 for always

# What the last command has told: IN_CHARGE, EPOCH and WAKE_FROM.
words_file=$state_dir/$SERVICE.words
# There from a start to the next stop: the container is the control plane's.
started_file=$state_dir/$SERVICE.started
# There while the container runs only because the site has woken it.
woken_file=$state_dir/$SERVICE.woken
# When the site last asked, in Unix seconds. In memory: after a reboot it asks again, or nobody is needed.
lease_file=$run_dir/$SERVICE.lease
# Of the last wake, in Unix milliseconds: asked, answered, last asked again, slept; "-" for what has not come to pass.
wake_file=$state_dir/$SERVICE.wake

milliseconds() {
  local now=${EPOCHREALTIME:-}
  if [[ -z $now ]]; then date +%s%3N; else printf '%s%s' "${now%[.,]*}" "${now: -6:3}"; fi
}

read_wake() {
  wake_asked=- wake_answered=- wake_renewed=- wake_slept=-
  if [[ -s $wake_file ]]; then read -r wake_asked wake_answered wake_renewed wake_slept <"$wake_file" || true; fi
}
remember_wake() { remember "$wake_file" "$wake_asked $wake_answered $wake_renewed $wake_slept"; }

take_words() { remember "$words_file" "$IN_CHARGE $EPOCH $WAKE_FROM"; }

# The container is the control plane's from now on.
adopt() {
  remember "$started_file" "$SERIAL"
  rm -f "$woken_file"
}

# It sleeps, whoever had started it.
slept() {
  rm -f "$started_file" "$woken_file"
  read_wake
  if [[ $wake_asked == - || $wake_slept != - ]]; then return; fi
  wake_slept=$(milliseconds)
  remember_wake
}

# One line for the site; the rest of what is said goes to the journal.
answer() { printf '%s\n' "$*" >&3; say "answered: $*"; }

say_who_is_in_charge() {
  local site epoch
  if [[ ! -s $words_file ]]; then answer 'unknown: no command has told this host yet'; return; fi
  read -r site epoch _ <"$words_file"
  answer "$site since decision $epoch"
}

# Why it may not be woken now; empty if it may. A pause does not put to sleep what is needed already.
why_not() {
  local from=0 because=
  if [[ ! -s $link_config ]]; then printf 'this host has no certificate of the site'; return; fi
  if [[ $MAY_WAKE != yes ]]; then printf '%s' "$MAY_WAKE"; return; fi
  if [[ -e $woken_file || -e $started_file ]]; then return; fi
  if [[ -s $words_file ]]; then read -r _ _ from <"$words_file"; fi
  if ((10#$from > $(date +%s))); then
    TZ=UTC printf 'automation is paused until %(%FT%TZ)T' "$from"
  elif [[ ! -s $prepared_file ]] && look && [[ $image_id == - ]]; then
    if [[ -s $trouble_file ]]; then because=": $(head -n 1 "$trouble_file" | cut -c 1-200)"; fi
    printf 'it is not prepared%s' "$because"
  fi
}

wake() {
  local why asked
  why=$(why_not)
  if [[ -n $why ]]; then answer "refused: $why"; return; fi
  remember "$lease_file" "$(date +%s)"
  # Not behind another command: when a stop is over, the primary may be up, and then nobody asks again.
  if ! try_lock; then answer 'busy: another command is at work'; return; fi
  trap 'wake_ended $?' EXIT
  read_wake
  asked=$(milliseconds)
  if [[ ! -e $started_file && ! -e $woken_file ]]; then
    # Before anything is started: whatever becomes of this, somebody will put it to sleep.
    wake_asked=$asked wake_answered=- wake_slept=-
    remember "$woken_file" "$wake_asked"
  fi
  bring_up
  # It had died, as that of a command: the control plane learns of it from this.
  if [[ -e $started_file && $ran == false ]]; then wake_asked=$asked wake_answered=- wake_slept=-; fi
  if [[ $wake_answered == - ]]; then wake_answered=$(milliseconds); fi
}

# Answers the site in any case. @param exit code
wake_ended() {
  if [[ -e $woken_file || $wake_asked != - ]]; then
    wake_renewed=$(milliseconds)
    remember_wake
  fi
  if [[ -e $woken_file ]]; then
    run_systemctl start "failover-sleep@$SERVICE.service" &
  fi
  if (($1 == 0)); then answer up; else answer "failed: ${failed_because:-exit code $1}"; fi
}

# Until nobody needs what was woken any more; then it sleeps again. After a reboot, what was frozen is frozen anew.
keep() {
  local left
  if [[ -e $frozen_file ]]; then
    take_lock
    freeze_unless_needed
    release_lock
  fi
  while [[ -e $woken_file ]]; do
    left=$(seconds_left)
    if ((left > 0)); then
      release_lock
      sleep "$left"
    elif [[ -z $holds_lock ]]; then
      # While this waits, the lease may be renewed, or the container adopted.
      take_lock
    else
      put_to_sleep
    fi
  done
}

seconds_left() {
  local lease=0
  if [[ -s $lease_file ]]; then lease=$(<"$lease_file"); fi
  printf '%s' "$((lease + LEASE_SECONDS + DRAIN_SECONDS - $(date +%s)))"
}
