#!/usr/bin/env bash
# strake run -t: a terminal for the command, typed into from ours with -i, which
# is afterwards as it was.
. "$(dirname "$0")/lib.sh"
base

# A terminal of 100 by 30 with a shell in it, whose prompt is "outside> ".
tmux() { command tmux -S "$work/tmux" -f /dev/null "$@"; }
trap 'tmux kill-server 2> /dev/null; clean_up' EXIT
tmux new-session -d -x 100 -y 30 "env PS1='outside> ' bash --norc --noprofile"
type_line() { tmux send-keys -l "$1" && tmux send-keys Enter; }
shown() { tmux capture-pane -p | sed 's/ *$//' | grep -v '^$'; }
is_shown() { shown | grep -qxF -- "$1"; }
wait_shown() {
  local i
  for i in $(seq 100); do
    is_shown "$1" && return
    sleep 0.05
  done
  out=$(shown)
  fail "not on the screen: $1"
}
clear_screen() {
  type_line clear
  sleep 0.3
}
wait_for is_shown 'outside>'
type_line 'stty -g > before; echo "ready"'
wait_shown ready

# A shell with job control, in a terminal of the right name and size.
clear_screen
type_line "$STRAKE run -it base sh"
wait_shown '/ #'
! shown | grep -q "can't access tty" || fail 'no job control'
type_line 'tty; stty size; echo $TERM'
wait_shown /dev/pts/0
wait_shown '30 100'
wait_shown "$(tmux show-options -gv default-terminal)"
tmux resize-window -x 120 -y 40
type_line 'sleep 0.5; stty size'
wait_shown '40 120'
# Ctrl-C and Ctrl-Z are keys of the terminal within.
type_line 'sleep 600'
sleep 0.3
tmux send-keys C-c
type_line 'echo "code $?"'
wait_shown 'code 130'
type_line 'sleep 600'
sleep 0.3
tmux send-keys C-z
type_line jobs
wait_shown '[1]+  Stopped                    sleep 600'
type_line fg
sleep 0.3
tmux send-keys C-c
type_line 'exit 9'
type_line 'stty -g | cmp before - && echo "code $? unchanged"'
wait_shown 'code 0 unchanged'

# Also when strake is told to end; a shell that ignores SIGTERM is hung up.
for command in sh 'sleep 600'; do
  clear_screen
  type_line "$STRAKE run -ti base $command; echo \"code \$?\""
  wait_for is_running_in_store "${command#sleep }"
  sleep 0.3
  kill -TERM "$(pgrep -f -x "$STRAKE run -ti base $command")"
  sleep 0.3
  type_line 'stty -g | cmp before - && echo "is unchanged"'
  wait_shown 'is unchanged'
  expect_no_traces
done
wait_shown 'code 143'

# Without -t Ctrl-C reaches the command, and what it waits for, once.
clear_screen
type_line "$STRAKE run base sh -c 'trap \"echo ca\\ught\" INT; echo on; sleep 600
true'; echo \"code \$?\""
wait_shown on
tmux send-keys C-c
wait_shown 'code 0'
expect 1 "$(shown | grep -c caught)"
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
