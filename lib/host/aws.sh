# Calls to AWS, with what the role of this instance allows.

ask_aws() {
  local errors=$run_dir/$SERVICE.aws.errors
  if timeout 60 aws --region "$REGION" "$@" 2>"$errors"; then return; fi
  fail "$ACTION: \"aws $1 $2\" failed: $(grep -v '^[[:space:]]*$' "$errors" | tail -n 1); the role of this instance must allow it (onprem/README.md lists what it needs)"
}
parameter() { ask_aws ssm get-parameter --name "$1" --query Parameter.Value --output text; }
