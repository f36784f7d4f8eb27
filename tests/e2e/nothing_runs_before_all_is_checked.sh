#!/usr/bin/env bash
# What can be known from the text, the flags and the files is checked before
# the first step runs.
# Shows: [D472]
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN echo before
COPY not-there /
END
build
[ "$status" != 0 ] || fail "copied what is not there"
expect_out 'Dockerfile:3:'
expect_no_out 'RUN echo before'

dockerfile <<'END'
FROM base
RUN echo before
RUN --mount=type=bind,source=not-there,target=/x true
END
build
[ "$status" != 0 ] || fail "bound what is not there"
expect_no_out 'RUN echo before'

dockerfile <<'END'
FROM base
RUN echo be""fore
RUN --mount=type=secret,id=needed,required true
END
build
[ "$status" != 0 ] || fail "ran without a required secret"
expect_no_out before
expect_out '#3 ERROR Dockerfile:3:'
