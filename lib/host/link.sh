# The encrypted link from the site to the container.
# stunnel listens where HAProxy calls, lets in who has the key to the site's certificate and nobody else, and passes
# on to the container on the loopback address. It runs only while the container does: HAProxy looks at the standby
# five times a second, and each look would be a whole TLS handshake with somebody who sleeps.
# Settings from the document, in addition to those of base.sh:
#   PUBLIC_PORT  where everybody does, with DNS failover; "-" without
# The host needs stunnel, openssl, systemd and the AWS CLI.

unit_dir=${FAILOVER_UNIT_DIR:-/etc/systemd/system}
# Empty: every address.
link_address=${FAILOVER_LINK_ADDRESS-}
link_config=$link_dir/$SERVICE.conf
# There while the container runs, and always where Docker starts it at boot: systemd looks for it.
link_open=$link_dir/$SERVICE.open
link_unit=failover-link@$SERVICE.service

# --- While the standby runs ------------------------------------------------------------------------------------

# Locks, and the line on which the site waits for an answer, must not live on in what is started here.
run_systemctl() { systemctl "$@" 3>&- 8>&- 9>&-; }

link_answers() { listens "$SITE_PORT"; }

# In the background, and after the container: it is ready long before that one answers.
begin_link() {
  if [[ ! -s $link_config ]]; then return; fi
  : >"$link_open" || true
  run_systemctl start "$link_unit" 9>&- &
}

# A standby that the site cannot reach does not serve, however healthy it is.
await_link() {
  local deadline=$((SECONDS + 5))
  [[ -s $link_config ]] ||
    fail "$ACTION: the site cannot reach $container: this host has no certificate of the site; run $init_command"
  until link_answers; do
    ((SECONDS < deadline)) ||
      fail "$ACTION: the site cannot reach $container: nothing listens on :$SITE_PORT; \"journalctl -u $link_unit\" on the host says why"
    sleep 0.05
  done
}

close_link() {
  if [[ $PILOT_LIGHT != true ]]; then rm -f "$link_open"; fi
  if [[ ! -s $link_config ]] || run_systemctl stop "$link_unit"; then return; fi
  say "$link_unit could not be stopped: the port stays open, with nobody behind it"
}

# --- Preparing it ----------------------------------------------------------------------------------------------

every_address() {
  local address=$link_address
  # This is every IPv6 address, and every IPv4 address too.
  if [[ -z $address && -n $(cat /proc/net/if_inet6 2>/dev/null) ]]; then address=::; fi
  printf '%s' "${address:+$address:}"
}
common_settings() { printf '%s\n' 'foreground = yes' 'pid =' 'syslog = no' 'debug = warning'; }
# Who has the key to the site's certificate, and nobody else.
for_the_site() {
  cat <<END
cert = $link_dir/standby.pem
CAfile = $link_dir/site.crt
verifyPeer = yes
sslVersionMin = TLSv1.2
renegotiation = no
END
}

link_settings() {
  common_settings
  cat <<END

[$SERVICE]
accept = $(every_address)$SITE_PORT
connect = 127.0.0.1:$LOOPBACK_PORT
END
  for_the_site
  if [[ ! -s $link_dir/$SERVICE.public.pem ]]; then return; fi
  cat <<END

[$SERVICE-public]
accept = $(every_address)$PUBLIC_PORT
connect = 127.0.0.1:$LOOPBACK_PORT
cert = $link_dir/$SERVICE.public.pem
sslVersionMin = TLSv1.2
renegotiation = no
END
}

# What stunnel may do. systemd keeps it alive.
stunnel_service() {
  cat <<END
[Service]
${link_user:+User=$link_user}
ExecStart="$stunnel" "$1"
ExecReload=/bin/kill -HUP \$MAINPID
Restart=always
RestartSec=1
LimitNOFILE=65536
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes

[Install]
WantedBy=multi-user.target
END
}

# Started at boot if the container is started then too.
make_unit() {
  cat >"$unit_dir/failover-link@.service" <<END
[Unit]
Description=hybrid-failover: the encrypted way to the standby of %i
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0
ConditionPathExists=$link_dir/%i.open

$(stunnel_service "$link_dir/%i.conf")
END
  run_systemctl daemon-reload
  run_systemctl --quiet enable "$link_unit"
}

# Changes with everything that stunnel was told.
link_fingerprint() {
  cat "$link_config" "$link_dir/standby.pem" "$link_dir/site.crt" "$link_dir/$SERVICE.public.pem" 2>/dev/null | sha256sum || true
}

# What they found, for apply_link.
link_changed= public_failed= link_trouble= stunnel=

# Asks AWS, which may take its time: holds no lock that a start needs.
prepare_link() {
  local program before line_before site_certificate
  for program in openssl aws systemctl; do
    command -v "$program" >/dev/null ||
      fail "prepare: this host has no $program, which the encrypted link needs; install it and prepare again"
  done
  # Debian's "stunnel" is a wrapper with the options of version 3.
  stunnel=$(command -v stunnel4 || command -v stunnel) ||
    fail "prepare: this host has no stunnel, which the encrypted link needs; install it (dnf install stunnel) and prepare again"
  if [[ -n $link_user ]] && ! id "$link_user" >/dev/null 2>&1; then
    useradd --system --no-create-home --shell /sbin/nologin "$link_user"
  fi
  mkdir -p -m 755 "$link_dir"
  # Keys must not be readable for others, not even for a moment.
  umask 077
  exec 8>"$link_dir/lock"
  flock -w 60 8 || fail "prepare: another command held $link_dir/lock for more than 60 s"
  before=$(link_fingerprint)
  line_before=$(line_fingerprint)
  make_certificate
  publish_certificate
  site_certificate=$(parameter "$SITE_CERTIFICATE_PARAMETER") || exit 1
  if [[ $site_certificate != none ]]; then
    take_site_certificate "$site_certificate"
  elif [[ ! -s $link_config ]]; then
    say "nobody can reach the standby yet: $SITE_CERTIFICATE_PARAMETER holds no certificate; run $init_command"
    return
  else
    # A deployment can write a parameter anew. That must not cut off a standby that may be all that serves.
    link_trouble="$SITE_CERTIFICATE_PARAMETER holds no certificate any more; the site is still let in with the one from before; run $init_command"
  fi
  look_at_trust
  if [[ $PUBLIC_CERTIFICATE_SECRET == - ]]; then
    rm -f "$link_dir/$SERVICE.public.pem"
  elif ! (fetch_public_certificate); then
    public_failed=true
  fi
  link_settings | put "$link_config"
  make_unit
  prepare_line "$line_before"
  if [[ $PILOT_LIGHT == true ]]; then : >"$link_open"; fi
  if [[ $(link_fingerprint) != "$before" ]]; then link_changed=true; fi
  exec 8>&-
}

# Brings what runs in line with what was prepared.
apply_link() {
  if [[ ! -s $link_config ]]; then return; fi
  if ! is_running; then
    close_link
  elif ! link_answers; then
    begin_link
    await_link
  elif [[ -n $link_changed ]]; then
    # Connections that are open live on.
    run_systemctl reload "$link_unit"
  fi
  if [[ -n $public_failed ]]; then exit 1; fi
  if [[ -n $link_trouble ]]; then fail "prepare: $link_trouble"; fi
  if [[ -n $identity_unkept ]]; then
    fail "prepare: the identity of this standby is on this host only, because $IDENTITY_PARAMETER cannot be used: $identity_unkept; the role of this instance must allow it (onprem/README.md lists what it needs)"
  fi
  say "the site reaches $container on :$SITE_PORT while it runs"
}
