#!/usr/bin/env bash
# A command that is not there: the shell's own 127, and for the exec form an
# error that names the program and where it was looked for.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN frobnicate --all
END
build
expect_status 4
expect_out 'Dockerfile:2:1: RUN failed with exit code 127'
expect_out 'frobnicate: not found'

dockerfile <<'END'
FROM base
RUN ["frobnicate", "--all"]
END
build
expect_status 4
expect_out 'Dockerfile:2:1:'
expect_out '"frobnicate"'
expect_out '   2 | RUN ["frobnicate", "--all"]'

dockerfile <<'END'
FROM scratch
RUN echo no shell here
END
build
expect_status 4
expect_out 'Dockerfile:2:1:'
expect_out '/bin/sh'

dockerfile <<'END'
FROM base
COPY --chmod=644 Dockerfile /program
RUN ["/program"]
END
build
expect_status 4
expect_out 'Dockerfile:3:1:'
expect_out '/program'
