# The secrets of the service. The document names them (SECRETS, an array of VARIABLE=ARN); the host fetches them with its
# own role. No template, no log and no parameter of a command has a value.

# Only root may read it. Whoever replaces the host loses nothing: it is fetched again.
secrets_file=$state_dir/$SERVICE.secrets
secrets_failed=

# Asks AWS: holds no lock that a start needs, where it can be helped.
fetch_secrets() {
  local entry name value lines=
  for entry in "${SECRETS[@]}"; do
    name=${entry%%=*}
    value=$(secret "${entry#*=}") || return 1
    # Docker reads its file line by line, and knows no way to write a line's end.
    if [[ -z $value || $value == *$'\n'* ]]; then
      (fail "$ACTION: the secret for $name (${entry#*=}) is empty or has more than one line; store it in one line, for example as base64") ||
        return 1
    fi
    lines+="$name=$value"$'\n'
  done
  (umask 077 && printf '%s' "$lines" >"$secrets_file.new") && mv -f "$secrets_file.new" "$secrets_file"
}

secret() {
  case $1 in
    arn:*:secretsmanager:*) ask_aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text ;;
    *) ask_aws ssm get-parameter --with-decryption --name "${1#*:parameter}" --query Parameter.Value --output text ;;
  esac
}

# Each "prepare" looks whether there is a new value. What is there already is better than nothing.
renew_secrets() {
  if ((${#SECRETS[@]} == 0)); then
    rm -f "$secrets_file"
  elif ! fetch_secrets; then
    [[ -s $secrets_file ]] || exit 1
    secrets_failed=true
    say 'keeping the secrets that are on this host'
  fi
}

# A start that finds none: the host is new, and has not been prepared yet.
need_secrets() {
  if ((${#SECRETS[@]} == 0)) || [[ -s $secrets_file ]]; then return; fi
  fetch_secrets || exit 1
}
