#!/usr/bin/env bash
# A RUN that dies of a signal fails the build with the signal's name.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN ["sh", "-c", "sh -c 'kill -SEGV $$'; exit $?"]
END
build
expect_status 4
expect_out 'Dockerfile:2:1: RUN'
expect_out '139'
expect_out '   2 | RUN ["sh", "-c"'

# Signals from inside do not reach the first process of a pid namespace; the
# kernel's own do.
dockerfile <<'END'
FROM base
RUN ["sh", "-c", "ulimit -t 1; while :; do :; done"]
END
build
expect_status 4
expect_out 'Dockerfile:2:1: RUN was killed by signal'
