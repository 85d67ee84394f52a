#!/usr/bin/env bash
# The host's `docker` command where a Docker daemon is reachable: the real one, but for two calls.
#   DRILL_REAL_DOCKER  the real command
#   DRILL_DOCKER_DIR   remembers the containers that were created, and the logs of those that were removed
set -euo pipefail

# The last argument names the image or container in all calls of which this matters.
subject=${!#}

case ${1-} in
  pull)
    # There is no registry in a drill: an image that is here counts as pulled, if the host's role would let it.
    if ! "$DRILL_REAL_DOCKER" image inspect "$subject" >/dev/null 2>&1; then
      printf 'docker pull: %s is not on this machine, and a drill has no registry; the drill builds it first\n' "$subject" >&2
      exit 1
    fi
    may-pull "$subject"
    printf '%s\n' "$subject"
    exit 0
    ;;
  create)
    previous=
    for argument in "$@"; do
      if [[ $previous == --name ]]; then printf '%s\n' "$argument" >>"$DRILL_DOCKER_DIR/names"; fi
      previous=$argument
    done
    ;;
  rm)
    # Executions are counted in the logs, so they outlive the container.
    "$DRILL_REAL_DOCKER" logs "$subject" >>"$DRILL_DOCKER_DIR/$subject.removed.log" 2>/dev/null || true
    ;;
esac
exec "$DRILL_REAL_DOCKER" "$@"
