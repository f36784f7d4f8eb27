#!/usr/bin/env bash
# strake run -t: a terminal for the command, typed into from ours with -i, which
# is afterwards as it was.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/terminal.sh"
base
lines() { screen | sed 's/ *$//'; }
is_line() { lines | grep -qxF -- "$1"; }
# A key means something else to a shell that still reads its line.
is_sleeping() {
  local pid
  pid=$(processes_of_store | sed -n 's/: sleep 600 *$//p')
  grep -q '^State:[[:space:]]S' "/proc/$pid/status"
}
executes() { processes_of_store | grep ": $1 *\$"; }
is_as_before() {
  type_in 'stty -g | cmp before - && echo "it is $((1))"'
  wait_for is_line 'it is 1'
}
terminal 100 30
type_in 'stty -g > before; echo "ready"'
wait_for is_line ready

# A shell with job control, in a terminal of the right name and size.
type_in 'clear; strake run -it base sh; echo "end $?"'
wait_for is_line '/ #'
on_screen "can't access tty" && fail 'no job control'
type_in 'tty; stty size; echo $TERM'
wait_for is_line /dev/pts/0
wait_for is_line '30 100'
wait_for is_line "$(tmux show-options -gv default-terminal)"
tmux resize-window -x 120 -y 40
type_in 'sleep 0.5; stty size'
wait_for is_line '40 120'
# Ctrl-C and Ctrl-Z are keys of the terminal within.
type_in 'sleep 600'
wait_for is_sleeping
tmux send-keys C-c
type_in 'echo "code $?"'
wait_for is_line 'code 130'
type_in 'sleep 600'
wait_for is_sleeping
tmux send-keys C-z
type_in jobs
wait_for is_line '[1]+  Stopped                    sleep 600'
type_in fg
wait_for is_sleeping
tmux send-keys C-c
type_in 'exit 9'
wait_for is_line 'end 9'
is_as_before

# Also when strake is told to end; a shell that ignores SIGTERM is hung up.
for command in sh 'sleep 600'; do
  type_in "clear; strake run -ti base $command; echo \"end \$?\""
  wait_for executes "$command"
  # The oldest: another of its name watches it.
  kill -TERM "$(pgrep -o -f -x "strake run -ti base $command")"
  wait_for on_screen 'end '
  is_as_before
  expect_no_traces
done
wait_for is_line 'end 143'

# Without -t Ctrl-C reaches the command, and what it waits for, once.
type_in "clear; strake run base sh -c 'trap \"echo ca\\ught\" INT; echo on; sleep 600
true'; echo \"end \$?\""
wait_for is_line on
wait_for is_sleeping
tmux send-keys C-c
wait_for is_line 'end 0'
expect 1 "$(screen | grep -c caught)"
expect_no_traces

# -t alone: output to a file, exit code passed on.
run -t base sh -c 'tty; test -t 0 && test -t 1 && test -t 2; exit $?' > file
expect 0 $?
expect $'/dev/pts/0\r' "$(cat file)"
strake run -t base sh -c 'exit 9'
expect_status 9
expect $'xterm\r' "$(env -u TERM "$STRAKE" run -t base sh -c 'echo $TERM')"
expect $'mine\r' "$(run -t -e TERM=mine base sh -c 'echo $TERM')"
expect '' "$(run base sh -c 'echo $TERM')"

# A reader that goes away ends the command, not the cleaning up.
run -t base sh -c 'while echo y; do :; done' | head -n 1 > file
expect $'y\r' "$(cat file)"
expect_no_traces

# -i alone passes on the end of the input; -i -t wants a terminal.
expect 'all 3' "$(printf 'a\nb\nc\n' | run -i base sh -c 'echo all $(wc -l)')"
out=$(echo true | "$STRAKE" run -it base sh 2>&1)
status=$?
expect_status 125
expect_out 'the input is not a terminal'
expect_out 'leave -t out'
