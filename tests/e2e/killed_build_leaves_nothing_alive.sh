#!/usr/bin/env bash
# SIGKILL cannot be caught: the step dies with strake all the same, and the
# next command removes the files that were in flight.
. "$(dirname "$0")/lib.sh"
base
dockerfile <<'END'
FROM base
RUN echo half > /half; sleep 600 & echo started; sleep 600
END
"$STRAKE" build -t late context > log 2>&1 &
wait_for grep -q ' started$' log
is_running_in_store sleep || fail "the step is not to be seen"
kill -KILL $!
wait $! 2> /dev/null
gone() { [ -z "$(processes_of_store)" ]; }
wait_for gone
[ -n "$(ls -A "$STRAKE_ROOT/tmp")" ] || fail "nothing was in flight"

# The kernel forgets whom a setuid program is tied to; we do not.
dockerfile <<'END'
FROM base
RUN mkdir /setuid && cp /bin/busybox /setuid/sleep && chmod 4755 /setuid/sleep
USER ann
RUN ["/setuid/sleep", "600"]
END
"$STRAKE" build context > log 2>&1 &
wait_for is_running_in_store /setuid/sleep
kill -KILL $!
wait $! 2> /dev/null
wait_for gone

dockerfile <<< 'FROM base'
build -t next
expect_status 0
expect_no_traces
expect_all_recorded
strake inspect late
expect_status 1
