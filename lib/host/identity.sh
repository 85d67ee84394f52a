# Who this standby is, and whom it trusts: its key and certificate, the site's, and those of the public name.
# Settings from the document, in addition to those of base.sh:
#   SITE_CERTIFICATE_PARAMETER STANDBY_CERTIFICATE_PARAMETER IDENTITY_PARAMETER
#   PUBLIC_CERTIFICATE_SECRET  with DNS failover; "-" without
# The role of the host needs ssm:GetParameter (as in AWS's AmazonSSMManagedInstanceCore), ssm:PutParameter for its
# certificate and its identity and, with DNS failover, secretsmanager:GetSecretValue for the secret.

link_dir=${FAILOVER_LINK_DIR:-/etc/hybrid-failover/link}
# Empty: the user who runs this.
link_user=${FAILOVER_LINK_USER-failover-link}
init_command='"npm run failover -- site init" on the site'

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
