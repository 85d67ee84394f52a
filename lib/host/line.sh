# The line: while the standby sleeps, the site asks this host to wake it, or who is in charge, and no part of AWS has to
# be alive for that. stunnel lets in who has the key to the site's certificate, as on the link, and passes on to a socket
# of systemd, which starts the script below for each call, as root. A call is one line, and so is its answer:
#   wake SERVICE                 up | busy | refused | failed, and why
#   who is in charge of SERVICE  primary | standby | unknown, and since which decision
# All services share it. One call may have 3 s and 200 characters to say what it wants, and 16 may be there at once.
# Settings from the document, in addition to those of base.sh:
#   LINE_PORT  where the site calls

line_config=$link_dir/line.conf
line_socket=${FAILOVER_LINE_SOCKET:-/run/failover-line/socket}
line_program=$state_dir/line
# What a call runs: this script, as it was when it was prepared.
line_script=$state_dir/$SERVICE.script

line_settings() {
  common_settings
  # Whoever opens a connection and says nothing has these seconds.
  cat <<END
TIMEOUTbusy = 5
TIMEOUTconnect = 3
TIMEOUTidle = 90
TIMEOUTclose = 0

[line]
accept = $(every_address)$LINE_PORT
connect = $line_socket
END
  for_the_site
}

# The name decides which file is run: only one that was put there by "prepare" is there.
line_answer() {
  cat <<END
#!/bin/bash
IFS= read -r -t 3 -n 200 words
case \$words in
  'wake '*) export LINE_ACTION=wake ;;
  'who is in charge of '*) export LINE_ACTION=charge ;;
  *) echo "refused: received '\${words//[^ -~]/?}', expected 'wake SERVICE' or 'who is in charge of SERVICE'"; exit ;;
esac
service=\${words##* }
if [[ \$service =~ ^[a-z0-9-]+\$ && -r $state_dir/\$service.script ]]; then exec bash "$state_dir/\$service.script"; fi
echo "refused: no service '\${service//[^ -~]/?}' is prepared on this host"
END
}

make_line_units() {
  cat >"$unit_dir/failover-line.service" <<END
[Unit]
Description=hybrid-failover: the line on which the site wakes the standby
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

$(stunnel_service "$line_config")
END
  # No limit of starts: a socket that has met it stays closed.
  cat >"$unit_dir/failover-call.socket" <<END
[Unit]
Description=hybrid-failover: calls on the line

[Socket]
ListenStream=$line_socket
${link_user:+SocketUser=$link_user}
SocketMode=0600
Accept=yes
MaxConnections=16
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
END
  cat >"$unit_dir/failover-call@.service" <<END
[Unit]
Description=hybrid-failover: a call on the line
CollectMode=inactive-or-failed

[Service]
ExecStart="/bin/bash" "$line_program"
StandardInput=socket
StandardOutput=socket
StandardError=journal
KillMode=process
END
  # Puts to sleep what was woken, also after a reboot (wake.sh).
  cat >"$unit_dir/failover-sleep@.service" <<END
[Unit]
Description=hybrid-failover: the standby of %i sleeps again when nobody needs it
After=docker.service
ConditionPathExists=|$state_dir/%i.woken
ConditionPathExists=|$state_dir/%i.frozen

[Service]
Environment=LINE_ACTION=keep
ExecStart="/bin/bash" "$state_dir/%i.script"
Restart=on-failure
RestartSec=5
KillMode=process

[Install]
WantedBy=multi-user.target
END
}

line_fingerprint() { cat "$line_config" "$link_dir/standby.pem" "$link_dir/site.crt" 2>/dev/null | sha256sum || true; }

# Called while the lock of the link is held: the services share the line.
# @param fingerprint of the line before
prepare_line() {
  local unit deadline=$((SECONDS + 5))
  # A preparation that goes on in the background may outlive the file that began it; then the last copy stays.
  if [[ -r $0 || ! -s $line_script ]]; then
    { cp "$0" "$line_script.new" && chmod 600 "$line_script.new" && mv -f "$line_script.new" "$line_script"; } 2>/dev/null ||
      fail "prepare: cannot write $line_script; is the disk full?"
  fi
  { line_answer >"$line_program.new" && mv -f "$line_program.new" "$line_program"; } 2>/dev/null ||
    fail "prepare: cannot write $line_program; is the disk full?"
  line_settings | put "$line_config"
  make_line_units
  run_systemctl daemon-reload
  run_systemctl --quiet enable "failover-sleep@$SERVICE.service"
  for unit in failover-call.socket failover-line.service; do run_systemctl --quiet enable "$unit"; done
  run_systemctl start failover-call.socket
  if listens "$LINE_PORT" && [[ $(line_fingerprint) != "$1" ]]; then
    run_systemctl reload failover-line.service
  else
    run_systemctl start failover-line.service
  fi
  until listens "$LINE_PORT"; do
    ((SECONDS < deadline)) ||
      fail "prepare: the site cannot wake $container: nothing listens on :$LINE_PORT; \"journalctl -u failover-line\" on the host says why"
    sleep 0.05
  done
}
