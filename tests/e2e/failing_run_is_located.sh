#!/usr/bin/env bash
# A RUN that exits non-zero fails the build with its place, its source line
# and what it printed; nothing is tagged.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN echo fine
RUN echo the output; \
    echo the trouble >&2; \
    exit 7
RUN echo never
END
build -t failing
expect_status 4
expect_out 'strake: Dockerfile:3:1: RUN failed with exit code 7'
expect_out '   3 | RUN echo the output; \'
expect_out '     | ^~~'
expect_out 'the output'
expect_out 'the trouble'
expect_no_out 'never'
strake inspect failing
expect_status 1

# The whole output is in a log, which the message names.
build
log=$(grep -o "$STRAKE_ROOT/logs/[^ ]*" <<< "$out" | tail -1)
expect $'the output\nthe trouble' "$(cat "$log")"

# Quiet or not, the reason is told.
build -q
expect_status 4
expect_out 'Dockerfile:3:1: RUN failed with exit code 7'
expect_out 'the trouble'
expect_no_traces
