# The encrypted link from the site to the container.
# stunnel listens where HAProxy calls, lets in who has the key to the site's certificate and nobody else, and passes
# on to the container on the loopback address. It runs only while the container does: HAProxy looks at the standby
# five times a second, and each look would be a whole TLS handshake with somebody who sleeps.
# Settings from the document, in addition to those of base.sh:
#   PUBLIC_PORT PUBLIC_CERTIFICATE_SECRET   where everybody does, with DNS failover; "-" without
#   SITE_CERTIFICATE_PARAMETER STANDBY_CERTIFICATE_PARAMETER IDENTITY_PARAMETER
# The host needs stunnel, openssl, systemd and the AWS CLI. Its role needs ssm:GetParameter (as in AWS's
# AmazonSSMManagedInstanceCore), ssm:PutParameter for its certificate and its identity and, with DNS failover, secretsmanager:GetSecretValue for the secret.

link_dir=${FAILOVER_LINK_DIR:-/etc/hybrid-failover/link}
unit_dir=${FAILOVER_UNIT_DIR:-/etc/systemd/system}
# Empty: the user who runs this.
link_user=${FAILOVER_LINK_USER-failover-link}
# Empty: every address.
link_address=${FAILOVER_LINK_ADDRESS-}
link_config=$link_dir/$SERVICE.conf
# There while the container runs, and always where Docker starts it at boot: systemd looks for it.
link_open=$link_dir/$SERVICE.open
link_unit=failover-link@$SERVICE.service
init_command='"npm run failover -- site init" on the site'

# --- While the standby runs ------------------------------------------------------------------------------------

# Locks must not live on in what is started here.
run_systemctl() { systemctl "$@" 8>&- 9>&-; }

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

# What stunnel reads; only its user may.
put() {
  cat >"$1.new"
  if [[ -n $link_user ]]; then chown "$link_user:" "$1.new"; fi
  mv -f "$1.new" "$1"
}

# The key and the certificate are the identity of the standby, whatever machine it is on. They are kept in an encrypted
# parameter that a new host takes up, so that nobody has to touch the site when a host is replaced. All services share
# them. To have a new key made, delete the parameter and this file, and prepare again.
make_certificate() {
  local file=$link_dir/standby.pem kept
  if parameter_if_there "$IDENTITY_PARAMETER"; then
    kept=$aws_said
  else
    identity_unkept=$aws_said
    kept=
  fi
  if [[ -n $kept ]]; then
    if [[ -s $file && $kept == "$(<"$file")" ]]; then
      :
    elif openssl x509 -noout <<<"$kept" 2>/dev/null && openssl pkey -noout <<<"$kept" 2>/dev/null; then
      put "$file" <<<"$kept"
      say "took up the identity of this standby from $IDENTITY_PARAMETER"
    else
      fail "prepare: $IDENTITY_PARAMETER does not hold a certificate and its key; delete it, prepare again, and run $init_command"
    fi
  elif [[ ! -s $file ]]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=standby \
      -addext subjectAltName=DNS:standby -keyout "$file.key" -out "$file.crt" 2>"$link_dir/openssl.errors" ||
      fail "prepare: openssl could not make the host's certificate: $(tail -n 1 "$link_dir/openssl.errors")"
    cat "$file.crt" "$file.key" | put "$file"
    rm "$file.crt" "$file.key"
    say "made a key and a certificate for this host"
  fi
  own_certificate=$(openssl x509 -in "$file") ||
    fail "prepare: $file holds no certificate; delete it, prepare again, and run $init_command"
  if [[ -z $kept && -z $identity_unkept ]]; then keep_identity "$file"; fi
}

# Why the identity could not be kept: then this host works, and the next one needs "site init".
identity_unkept=

# Two hosts at once: the one that came first has made the identity, and this one takes it up with its next "prepare".
keep_identity() {
  local said
  if said=$(call_aws ssm put-parameter --type SecureString --name "$IDENTITY_PARAMETER" \
    --description 'Certificate and private key of the standby; written by the host' --value "file://$1" 2>&1); then
    say "keeps the identity of this standby, encrypted, in $IDENTITY_PARAMETER"
  else
    identity_unkept=$(grep -v '^[[:space:]]*$' <<<"$said" | tail -n 1)
  fi
}

# Holds the version of the site's parameter at which this host has published another certificate than the one before.
# "site init" writes that parameter again when it has taken up the new one.
link_unknown=$link_dir/unknown-to-site

publish_certificate() {
  local published
  published=$(parameter "$STANDBY_CERTIFICATE_PARAMETER") || exit 1
  if [[ $published == "$own_certificate" ]]; then return; fi
  if [[ $published != none ]]; then site_version >"$link_unknown" || exit 1; fi
  put "$link_dir/standby.crt" <<<"$own_certificate"
  # As a file: the command line would take what begins with hyphens for an option.
  ask_aws ssm put-parameter --overwrite --type String --name "$STANDBY_CERTIFICATE_PARAMETER" \
    --value "file://$link_dir/standby.crt" >/dev/null || exit 1
  say "published the certificate of this host in $STANDBY_CERTIFICATE_PARAMETER; the site takes it up with $init_command"
}

site_version() { ask_aws ssm get-parameter --name "$SITE_CERTIFICATE_PARAMETER" --query Parameter.Version --output text; }

# What HAProxy would refuse is for people to know before it is needed.
look_at_trust() {
  if [[ ! -s $link_unknown ]]; then return; fi
  if [[ $(site_version) == "$(<"$link_unknown")" ]]; then
    link_trouble="this host has another key than the one that the site knows, and HAProxy refuses it; run $init_command"
  else
    rm -f "$link_unknown"
  fi
}

# @param what the parameter holds
take_site_certificate() {
  local certificate
  certificate=$(openssl x509 <<<"$1" 2>/dev/null) ||
    fail "prepare: $SITE_CERTIFICATE_PARAMETER holds no certificate; run $init_command"
  put "$link_dir/site.crt" <<<"$certificate"
}

# Certificate, chain and key of the public name, as PEM. What is wrong never takes the place of what works.
fetch_public_certificate() {
  local file=$link_dir/$SERVICE.public.pem pem remedy="put the certificate, its chain and its key, as PEM, into $PUBLIC_CERTIFICATE_SECRET"
  pem=$(ask_aws secretsmanager get-secret-value --secret-id "$PUBLIC_CERTIFICATE_SECRET" --query SecretString --output text) || exit 1
  openssl x509 -noout -checkend 0 <<<"$pem" >/dev/null 2>&1 ||
    fail "prepare: the secret for the public name holds no certificate that is valid now; $remedy"
  [[ $(openssl x509 -noout -pubkey <<<"$pem") == "$(openssl pkey -pubout <<<"$pem" 2>/dev/null)" ]] ||
    fail "prepare: the secret for the public name holds no key that fits its first certificate; $remedy"
  put "$file" <<<"$pem" || exit 1
}

link_settings() {
  local address=$link_address
  # This is every IPv6 address, and every IPv4 address too.
  if [[ -z $address && -n $(cat /proc/net/if_inet6 2>/dev/null) ]]; then address=::; fi
  address=${address:+$address:}
  cat <<END
foreground = yes
pid =
syslog = no
debug = warning

[$SERVICE]
accept = $address$SITE_PORT
connect = 127.0.0.1:$LOOPBACK_PORT
cert = $link_dir/standby.pem
CAfile = $link_dir/site.crt
verifyPeer = yes
sslVersionMin = TLSv1.2
renegotiation = no
END
  if [[ ! -s $link_dir/$SERVICE.public.pem ]]; then return; fi
  cat <<END

[$SERVICE-public]
accept = $address$PUBLIC_PORT
connect = 127.0.0.1:$LOOPBACK_PORT
cert = $link_dir/$SERVICE.public.pem
sslVersionMin = TLSv1.2
renegotiation = no
END
}

# systemd keeps it alive, and starts it at boot if the container is started then too.
make_unit() {
  local stunnel=$1 user=${link_user:+User=$link_user}
  cat >"$unit_dir/failover-link@.service" <<END
[Unit]
Description=hybrid-failover: the encrypted way to the standby of %i
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0
ConditionPathExists=$link_dir/%i.open

[Service]
$user
ExecStart="$stunnel" "$link_dir/%i.conf"
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
  run_systemctl daemon-reload
  run_systemctl --quiet enable "$link_unit"
}

# Changes with everything that stunnel was told.
link_fingerprint() {
  cat "$link_config" "$link_dir/standby.pem" "$link_dir/site.crt" "$link_dir/$SERVICE.public.pem" 2>/dev/null | sha256sum || true
}

# What they found, for apply_link.
link_changed= public_failed= link_trouble=

# Asks AWS, which may take its time: holds no lock that a start needs.
prepare_link() {
  local program stunnel before site_certificate
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
  make_unit "$stunnel"
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
