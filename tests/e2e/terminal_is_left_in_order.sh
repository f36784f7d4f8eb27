#!/usr/bin/env bash
# However a build ends, and however the window changed meanwhile, the lines
# that were being redrawn are gone and the cursor is there again.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/terminal.sh"
base
dockerfile <<'END'
FROM base
RUN --mount=type=cache,id=gate,target=/g \
    for i in 1 2 3 4 5 6 7 8 9; do echo "the output of line $i is quite long"; done; \
    until test -e /g/open; do sleep 0.05; done; echo to fail; exit 7
END
terminal 70 20
in_order() {
  wait_for has_cursor
  look
  expect_no_out 'the output of line 4'
  expect_no_out '> '
  expect "$1" "$(screen | grep -c .)"
}

# Ctrl-C.
type_in 'clear; strake build --network none context; echo code $?'
wait_for on_screen 'line 9 is'
tmux send-keys C-c
wait_for on_screen 'the build was interrupted'
in_order 3 # the error, the code, the prompt

# Ctrl-C while a large build context is read, before there is any step.
truncate -s 100G context/big
cp context/Dockerfile later
printf 'FROM base\nCOPY big /big\n' | dockerfile
type_in 'clear; strake build context; echo code $?'
wait_for on_screen 'reading 1 file of the build context, 107GB'
tmux send-keys C-c
wait_for on_screen 'code 130'
wait_for has_cursor
look
expect_no_out 'reading 1 file'
cp later context/Dockerfile
rm context/big

# A narrower and then wider window in the middle of it, then a failure.
rm -rf "$(gate)"
type_in 'clear; strake build --network none context; echo code $?'
wait_for on_screen 'line 9 is'
tmux resize-window -x 40 -y 10
wait_for on_screen 'is quite…'
[ "$(screen | grep -c 'is quite…')" = 6 ] || { look; fail "not drawn once"; }
tmux resize-window -x 70 -y 20
wait_for on_screen 'quite long'
[ "$(screen | grep -c 'is quite long')" = 6 ] || { look; fail "not drawn once"; }
tmux resize-window -x 70 -y 24 # all that is told in the end
open_gate
wait_for on_screen 'code 4'
wait_for has_cursor
look
expect 1 "$(count_out 'cached')"
expect 1 "$(count_out '✗ ')"
expect_out 'RUN failed with exit code 7'
expect_out '  to fail'
expect_no_out '> '
