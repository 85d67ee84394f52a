# Calls to AWS, with what the role of this instance allows.

call_aws() { timeout 60 aws --region "$REGION" "$@"; }
ask_aws() {
  local errors=$run_dir/$SERVICE.aws.errors
  if call_aws "$@" 2>"$errors"; then return; fi
  fail "$ACTION: \"aws $1 $2\" failed: $(grep -v '^[[:space:]]*$' "$errors" | tail -n 1); the role of this instance must allow it (onprem/README.md lists what it needs)"
}
# What a parameter that may not be there holds, decrypted; empty if it is not there. False, with why in aws_said, for
# any other reason.
parameter_if_there() {
  aws_said=$(call_aws ssm get-parameter --with-decryption --name "$1" --query Parameter.Value --output text 2>&1) && return
  if [[ $aws_said == *ParameterNotFound* ]]; then aws_said=; return; fi
  aws_said=$(grep -v '^[[:space:]]*$' <<<"$aws_said" | tail -n 1)
  return 1
}
parameter() { ask_aws ssm get-parameter --name "$1" --query Parameter.Value --output text; }
