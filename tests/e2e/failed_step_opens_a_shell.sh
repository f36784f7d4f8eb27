#!/usr/bin/env bash
# build --on-failure shell: at a terminal, a shell where the RUN failed; after it
# the build has failed all the same, and nothing is left.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/terminal.sh"
base
echo "very-secret-token" > token
dockerfile <<'END'
FROM base
WORKDIR /w
RUN --mount=type=secret,id=token,target=/run/token echo begun > here; false
END

terminal 100 30
type_in 'strake build --on-failure shell --secret id=token,src=token context; echo "code $?"'
wait_for on_screen 'in [stage-0 3/3] RUN'
wait_for on_screen '/w #'
look
expect_out 'RUN failed with exit code 1'
type_in 'tty; cat here /run/token'
wait_for on_screen /dev/pts/0
wait_for on_screen begun
wait_for on_screen very-secret-token
# Ctrl-C is a key of the shell, not the build's end.
type_in 'sleep 600'
wait_for is_running_in_store 'sleep 600'
tmux send-keys C-c
type_in 'echo still $((40 + 2))'
wait_for on_screen 'still 42'
type_in exit
wait_for on_screen 'code 4'
expect_no_traces
expect "" "$(ls "$STRAKE_ROOT/failed" 2> /dev/null)"
expect "" "$(grep -rl very-secret-token "$STRAKE_ROOT")"

# Without a terminal there is none to have it at, which is told before work.
build --on-failure shell < /dev/null
expect_status 2
expect_out '--on-failure keep'
build --on-failure sell
expect_status 2
expect_out 'want shell or keep'
