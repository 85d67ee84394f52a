#!/bin/sh
# Puts the environment into a config file, for programs that do not read it themselves.
#
#   render.sh IN OUT [-- COMMAND [ARG]...]
#
# A line of IN that ends in `# ${NAME}` has its value replaced by the variable NAME:
#   key: value # ${NAME}       - value # ${NAME}
# `# ${NAME-}` allows the variable to be unset or empty; with `# ${NAME?}` the line is then left out. Where the shipped value is true or false, the
# variable must be one of the two. A name that ends in _FILE must be the path of a readable file.
# OUT is written only when every line could be rendered; then COMMAND, if any, takes this script's place.
#
# POSIX sh and awk only: the images of Prometheus and Alertmanager have nothing but busybox.
set -eu

fail() {
  echo "render.sh: $*" >&2
  exit 1
}

[ $# -ge 2 ] || fail "received $# arguments; expected: render.sh IN OUT [-- COMMAND [ARG]...]"
in=$1
out=$2
shift 2
if [ $# -gt 0 ]; then
  [ "$1" = -- ] || fail "received '$1' after the two files; expected '--' before the command"
  shift
fi
[ -r "$in" ] || fail "cannot read '$in'; give the path of a readable config file"

rendered=$(awk -v file="$in" '
  function stop(why) {
    # Through cat: the user of a container may not be allowed to open /dev/stderr.
    printf "render.sh: %s (%s line %d)\n", why, file, NR | "cat >&2"
    exit 1
  }

  # YAML double quotes: only the backslash and the quote itself are special.
  function quoted(text,   i, char, result) {
    for (i = 1; i <= length(text); i++) {
      char = substr(text, i, 1)
      result = result (char == "\\" || char == "\"" ? "\\" char : char)
    }
    return "\"" result "\""
  }

  function checked(name, optional, shipped,   value) {
    value = name in ENVIRON ? ENVIRON[name] : ""
    if (value == "") {
      if (optional) return quoted("")
      stop(name " is " (name in ENVIRON ? "empty" : "not set") "; expected a value; set it in the environment (for the compose file: in .env)")
    }
    if (value ~ /[[:cntrl:]]/)
      stop(name " holds a line break or another control character; expected one line of text; remove it")
    if (shipped == "true" || shipped == "false") {
      if (value != "true" && value != "false")
        stop(name " is \"" value "\"; expected true or false; correct it")
      return value
    }
    # Not only regular files: /dev/null says that there is nothing to read.
    if (name ~ /_FILE$/ && system("[ ! -d \"$" name "\" ] && [ -r \"$" name "\" ]") != 0)
      stop(name " is \"" value "\"; expected the path of a file that this user can read; create it or correct its permissions")
    return quoted(value)
  }

  !/# \$\{[A-Za-z_][A-Za-z0-9_]*[-?]?\}[ \t]*$/ { print; next }

  {
    marker = $0
    sub(/^.*# \$\{/, "", marker)
    sub(/\}[ \t]*$/, "", marker)
    optional = marker ~ /-$/
    if (marker ~ /\?$/ && ENVIRON[substr(marker, 1, length(marker) - 1)] == "") next
    sub(/[-?]$/, "", marker)

    line = $0
    sub(/[ \t]*# \$\{[A-Za-z0-9_]*[-?]?\}[ \t]*$/, "", line)
    if (!match(line, /^[ \t]*(- +)*([A-Za-z0-9_.-]+: +|- +)/))
      stop("\"" $0 "\" names a variable; expected \"key: value\" or \"- value\" before it; correct the line")
    prefix = substr(line, 1, RLENGTH)
    print prefix checked(marker, optional, substr(line, RLENGTH + 1))
  }
' "$in") || exit 1

# Written beside and renamed, so that nobody reads half a file.
(printf '%s\n' "$rendered" > "$out.new" && mv "$out.new" "$out") || fail "cannot write '$out'; give a path in a folder that this user can write to"

[ $# -eq 0 ] || exec "$@"
